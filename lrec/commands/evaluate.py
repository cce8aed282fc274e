"""`lrec evaluate`: score a saved run again without training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from omegaconf import DictConfig, OmegaConf

from lrec.base.config.check import check
from lrec.commands.composing import Invocation
from lrec.commands.runs.saved import load_config, load_model, split_of
from lrec.commands.settings import RunSettings
from lrec.commands.train import run_logging
from lrec.data.alignment import align, refuse_seen
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.references import with_references
from lrec.model import Model
from lrec.reporting.terminal import Screen, show_warnings

# What may differ from the run's own config.
RENEWED = ("dataset", "split", "strategy", "metric", "bucket", "tracking", "k")


@dataclass(frozen=True)
class EvaluateSettings(RunSettings):
    """The root of `conf/evaluate.yaml`: the run's own config, and what is to differ.

    Attributes:
        run: MLflow id of the run.
    """

    run: str

    file: ClassVar[str] = "conf/evaluate.yaml"


def run(parts: EvaluateSettings, invocation: Invocation) -> None:
    """Load the run's model, ask it again, and log a child run."""
    composed, run_id = invocation.config, parts.run
    screen = Screen()
    show_warnings(screen)
    parts.strategy.start()
    model, trained = load_model(run_id), load_config(run_id)
    parts = replace(parts, model=model)
    tags = {"lrec.command": "evaluate", "lrec.evaluates": run_id}
    with parts.tracking.run(f"evaluate-{model.name}", tags, composed.folder, run_id) as log:
        log.params({key: composed.values[key] for key in composed.values if key in RENEWED})
        data = parts.dataset.load()
        split = questions(parts, data, composed.values, trained, model, run_id)
        evaluator = Evaluator(split, parts.metric, parts.bucket, parts.k)
        log.dataset(parts.dataset.name, data.digest, {"dataset": str(composed.values["dataset"])})
        screen.data(data, split, evaluator.buckets["test"])
        result = evaluator.test(evaluator.ranker(model))
        references = evaluator.references()
        run_logging.log_result(log, composed, parts, evaluator, data, result, references)
    rows = with_references(model.name, result.values, references)
    screen.table(rows, list(parts.bucket.values()), parts.k)
    screen.note(log.where)


def questions(
    parts: RunSettings,
    data: Interactions,
    config: dict[str, Any],
    trained: DictConfig,
    model: Model,
    run_id: str,
) -> Split:
    """The split to ask about, in the codes of the model's catalogue.

    Raises:
        DataError: the run's data has changed since, so that nobody can tell what it has seen, or a
            question was among that.
    """
    own = OmegaConf.to_container(trained)
    assert isinstance(own, dict)
    if all(config[group] == own[group] for group in ("dataset", "split")):
        return split_of(parts, model, run_id, data)
    before = check(trained, RunSettings)
    pretrained = align(split_of(before, model, run_id), model.catalogue)
    return refuse_seen(align(parts.split(data), pretrained.catalogue), pretrained)
