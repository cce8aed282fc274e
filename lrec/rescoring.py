"""A saved run, asked again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from lrec import archive
from lrec.config import Parts, Record, check
from lrec.data import DataError, Interactions, Split
from lrec.judge import Judge
from lrec.model import Model
from lrec.saved import config_of, model_of
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
        split = questions(parts, data, record.config, trained, model)
        judge = Judge(split, parts.metric, parts.bucket, parts.k)
        log.dataset(parts.dataset.name, data.digest, {"dataset": str(record.config["dataset"])})
        screen.data(data, split, judge.buckets["test"])
        verdict = judge.test(judge.ranker(model))
        references = judge.references()
        archive.log_verdict(log, record, parts, judge, data, verdict, references)
    rows = {model.name: verdict.values, **references}
    screen.table(rows, list(parts.bucket.values()), parts.k)
    screen.note(log.where)


def questions(
    parts: Parts, data: Interactions, config: dict[str, Any], trained: DictConfig, model: Model
) -> Split:
    """The split to ask about, in the codes of the model's catalogue.

    Raises:
        DataError: the data has changed since, or a question was among what the run has seen.
    """
    split = parts.split(data)
    own = OmegaConf.to_container(trained)
    assert isinstance(own, dict)
    if all(config[group] == own[group] for group in ("dataset", "split")):
        if not np.array_equal(split.catalogue.ids, model.catalogue.ids):
            raise DataError(
                "the data is not what the run was trained on: its items have changed. Give the "
                "run its data back, or name other data with dataset=…"
            )
        return split
    before: Parts = check(trained)
    learnt = align(before.split(before.dataset.load()), model.catalogue)
    return refuse_seen(align(split, learnt.catalogue), learnt)
