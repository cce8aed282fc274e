"""Splits, timing and processes that the benchmarks share."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from lrec.data.dataset.csv import CSV
from lrec.data.dataset.synthetic import Synthetic
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.evaluation.metric import Lists
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.model.common.protocols import StatelessCallback
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy import TrainingStrategy

PEERS = Path(__file__).parent / "peers"
LREC = Path(sys.executable).parent / "lrec"


def load(path: str | None) -> Split:
    """Leave-one-out of a table of interactions, or of one million generated ones."""
    if path:
        return LeaveOneOut()(CSV(path).load())
    world = Synthetic(n_users=6040, n_items=3700, activity_median=104, activity_sigma=1.0)
    return LeaveOneOut()(world.load())


def frame(part: Histories, split: Split) -> pd.DataFrame:
    """Interactions with items of the catalogue, as a table that other programs read."""
    known = part.item < split.catalogue.n_items
    times = part.timestamp if part.timestamp is not None else np.arange(len(part.item))
    table = {"user_id": part.user[part.row], "item_id": part.item, "timestamp": times}
    return pd.DataFrame(table)[known]


class Stopwatch(StatelessCallback):
    """Timing of the epochs, and of a ranking of all validation users after each.

    Attributes:
        training, ranking: seconds of each epoch, and of the ranking after it.
        quality: recall and ndcg at 10 and 20 after the last epoch, by name.
    """

    wants_steps = False

    def __init__(self, split: Split, ranker: Ranker) -> None:
        self.split = split
        self.ranker = ranker
        self.training: list[float] = []
        self.ranking: list[float] = []
        self.quality: dict[str, float] = {}
        self.start = time.perf_counter()

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        """Not called, since `wants_steps` is False."""

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        now = time.perf_counter()
        self.training.append(now - self.start)
        queries = self.split.validation
        ranking = self.ranker(queries)
        lists = Lists(
            ranking.items,
            queries.target,
            queries.history,
            ranking.is_personalised,
            self.split.catalogue,
        )
        for k in (10, 20):
            self.quality[f"recall@{k}"] = float(Recall()(lists, k).mean())
            self.quality[f"ndcg@{k}"] = float(NDCG()(lists, k).mean())
        self.ranking.append(time.perf_counter() - now)
        self.start = time.perf_counter()
        return float(epoch)  # the last epoch is the best: every epoch pays for keeping weights


def train(
    model: Model,
    schedule: Trainer,
    strategy: TrainingStrategy,
    stopwatch: Stopwatch,
) -> dict[str, Any]:
    """Train a model to its last epoch; times, and the sizes of the data."""
    warnings.simplefilter("ignore")  # it ends at its cap
    split = stopwatch.split
    model.fit(split, schedule, strategy, 1, stopwatch)
    return {
        "epochs": stopwatch.training,
        "evaluate": stopwatch.ranking,
        "n_users": len(split.train),
        "n_items": split.catalogue.n_items,
        "n_train": len(split.train.item),
    }


def run_json(python: str, script: str | Path, *options: str) -> dict[str, Any]:
    """The last line that a script prints, which is JSON.

    Each side of a benchmark is a process of its own: none inherits the other's memory.
    """
    command = [python, str(script), *options]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run_peer(
    python: str, script: str, split: Split, parts: Mapping[str, Histories], options: Sequence[str]
) -> dict[str, Any]:
    """The result of a script of scripts/peers/ in its own environment, on parts of a split."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        command = [python, str(PEERS / script), *options, "--out", str(out)]
        for name, part in parts.items():
            file = Path(folder) / f"{name}.csv"
            frame(part, split).to_csv(file, index=False)
            command += [f"--{name}", str(file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        result: dict[str, Any] = json.loads(out.read_text())
    return result


def typical(seconds: Sequence[float], warm_up: int) -> float:
    """The median, without the first epochs where there are more."""
    return statistics.median(seconds[warm_up:] or seconds)
