"""A saved run, asked again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lrec import archive
from lrec.config import Parts, Record, check
from lrec.data import Split
from lrec.interactions import Interactions
from lrec.judge import Judge, beside
from lrec.model import Model
from lrec.saved import config_of, model_of, own_split
from lrec.terminal import Screen, show_warnings
from lrec.transfer import align, refuse_seen

# What may differ from the run's own config.
RENEWED = ("dataset", "split", "strategy", "metric", "bucket", "tracking", "k")


def evaluate(parts: Parts, record: Record, run_id: str) -> None:
    """Load the run's model, ask it again, and log a child run."""
    screen = Screen()
    show_warnings(screen)
    parts.strategy.start()
    model, trained = model_of(run_id), config_of(run_id)
    parts = replace(parts, model=model)
    tags = {"lrec.command": "evaluate", "lrec.evaluates": run_id}
    with parts.tracking.run(f"evaluate-{model.name}", tags, record.folder, run_id) as log:
        log.params({key: record.config[key] for key in record.config if key in RENEWED})
        data = parts.dataset.load()
        split = questions(parts, data, record.config, trained, model, run_id)
        judge = Judge(split, parts.metric, parts.bucket, parts.k)
        log.dataset(parts.dataset.name, data.digest, {"dataset": str(record.config["dataset"])})
        screen.data(data, split, judge.buckets["test"])
        verdict = judge.test(judge.ranker(model))
        references = judge.references()
        archive.log_verdict(log, record, parts, judge, data, verdict, references)
    rows = beside(model.name, verdict.values, references)
    screen.table(rows, list(parts.bucket.values()), parts.k)
    screen.note(log.where)


def questions(
    parts: Parts,
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
        return own_split(parts, model, run_id, data)
    before: Parts = check(trained)
    learnt = align(own_split(before, model, run_id), model.catalogue)
    return refuse_seen(align(parts.split(data), learnt.catalogue), learnt)
