"""The commands of `lrec`: what each is for, and where it lies."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from lrec.base.config.conf import CONF


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        summary, example: for the help.
        module: that has the command's function `run(settings, invocation)`.
        settings: name of the class of the settings in that module; its `file` is the YAML file.
        free: root keys and config groups that may differ from those of the saved run that the
            command asks about; None for a command that asks about none.
        split: the only one that the command works with, or None.
    """

    summary: str
    example: str
    module: str
    settings: str
    free: tuple[str, ...] | None = None
    split: str | None = None

    def load(self) -> tuple[type[Any], Any]:
        """The class of the settings, and the function."""
        module = importlib.import_module(f"lrec.commands.{self.module}")
        return getattr(module, self.settings), module.run


def config_name(command: str) -> str:
    """The root file of a command in conf/, without its ending."""
    return command if (CONF / f"{command}.yaml").is_file() else "config"


COMMANDS = {
    "train": Command(
        "train and evaluate a model, log the run to MLflow; -m sweeps",
        "lrec train -m model=popularity,dense,vae seed=1,2,3",
        "train.command",
        "TrainSettings",
    ),
    "evaluate": Command(
        "score a saved run again, by other buckets, metrics, k or data; or lists of any other make",
        "lrec evaluate run=RUN_ID bucket=counts",
        "evaluate.command",
        "EvaluateSettings",
        ("dataset", "split", "strategy", "metric", "bucket", "tracking", "k"),
    ),
    "compare": Command(
        "hold saved runs against a baseline by bucket, with intervals and verdicts; makes a page",
        "lrec compare 'candidates=[popularity,itemknn,vae]' 'seeds=[1,2,3]'",
        "compare.command",
        "CompareSettings",
    ),
    "reveal": Command(
        "show models more and more of the same unknown users: quality by history length",
        "lrec reveal 'candidates=[popularity,itemknn,ease,vae,attention]'",
        "reveal.command",
        "RevealSettings",
        split="user_holdout",
    ),
    "simulate": Command(
        "let models live with what they cause: recommend, accept, append, for some rounds",
        "lrec simulate 'candidates=[popularity,itemknn,ease,vae,attention]'",
        "simulate.command",
        "SimulateSettings",
        split="user_holdout",
    ),
    "tune": Command(
        "search settings with the same budget for every model, for any group of users or several",
        "lrec tune 'candidates=[ease,vae]' trials=20 monitor=val/ndcg_at_10/tail",
        "tune.command",
        "TuneSettings",
    ),
    "map": Command(
        "draw how a saved model sees its users: PCA and t-SNE, coloured by bucket",
        "lrec map run=RUN_ID",
        "map",
        "MapSettings",
        ("bucket", "strategy", "tracking"),
    ),
    "recommend": Command(
        "what a saved model recommends: to known users, a bucket of them, or somebody new",
        "lrec recommend run=RUN_ID users=tail to=tail.csv",
        "recommend.command",
        "RecommendSettings",
        ("bucket", "strategy"),
    ),
    "blend": Command(
        "make saved runs one recommender, each weighing by length of history; the gain by bucket",
        "lrec blend 'candidates=[attention,ease,itemknn,popularity]'",
        "blend.command",
        "BlendSettings",
    ),
    "update": Command(
        "let a saved model go on learning from new interactions; before and after by bucket",
        "lrec update run=RUN_ID feedback=new.csv retrain=true",
        "update.command",
        "UpdateSettings",
        ("schedule", "strategy", "tracking"),
    ),
    "export": Command(
        "write a saved model as SavedModel and TensorFlow Lite; size, latency, loss by bucket",
        "lrec export run=RUN_ID",
        "export.command",
        "ExportSettings",
        ("bucket", "tracking", "k"),
    ),
    "split": Command(
        "write a split to files for other tools, which lrec reads back by split=files",
        "lrec split to=folder split=leave_one_out",
        "write_split.command",
        "SplitSettings",
    ),
    "sync": Command(
        "send to MLflow the runs that it could not be told of when they happened",
        "lrec sync",
        "sync",
        "SyncSettings",
    ),
    "forget": Command(
        "remove a person from prepared data, user tables and stored feedback; what is out of reach",
        "lrec forget user=57",
        "forget",
        "ForgetSettings",
    ),
    "cite": Command(
        "BibTeX for lrec and for the models of a config or of saved runs",
        "lrec cite model=vae",
        "cite",
        "CiteSettings",
    ),
    "data": Command(
        "prepare and describe a data set: counts, long tails, buckets, what cleaning removed",
        "lrec data dataset=csv dataset.path=ratings.csv",
        "data",
        "RunSettings",
    ),
}
