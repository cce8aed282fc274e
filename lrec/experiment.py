"""One experiment, from data to a run in MLflow. Read this first."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from omegaconf import OmegaConf

from lrec import report, store
from lrec.bucket import ALL, COLD
from lrec.config import Parts, Record
from lrec.data import DataError, Interactions, Split, Strings
from lrec.judge import Judge, Verdict
from lrec.ranking import Ranker
from lrec.terminal import Progress, Screen, show_warnings
from lrec.tracking import Log

if TYPE_CHECKING:
    pass

# Metrics of the figure by bucket, at the largest k.
DRAWN = ("recall", "ndcg", "novelty", "mse")


def run(parts: Parts, record: Record) -> float:
    """Train, evaluate and log.

    Returns:
        The best value of the monitored validation metric (NaN for a model that does not train by
        epochs): what a sweep looks at.
    """
    screen = Screen()
    show_warnings(screen)
    screen.composed(record.choices, record.overrides, parts.seed)
    name = f"{record.choices.get('model', parts.model.name)}-seed{parts.seed}"
    with parts.tracking.run(name, {"lrec.command": "train"}) as log:
        _log_config(log, record)

        data = parts.dataset.load()
        split = parts.split(data)
        judge = Judge(split, parts.metric, parts.bucket, parts.k)
        log.dataset(parts.dataset.name, data.digest, _source(record))
        log.metrics({f"data/{key}": value for key, value in split.counts.items()})
        screen.data(data, split, judge.buckets["test"])

        parts.strategy.start()
        ranker = judge.ranker(parts.model)
        with Progress(screen, parts.schedule.epochs, _watched(parts)) as progress:
            watcher = Watcher(parts, judge, ranker, progress, log)
            parts.model.fit(split, parts.schedule, parts.strategy, parts.seed, watcher)
        best = watcher.finish()

        verdict = judge.test(ranker)
        references = judge.references()
        keep(log, record, parts, judge, split, data, verdict, references)
        _draw(log, record, parts, data, watcher, {parts.model.name: verdict.values, **references})
        if parts.tracking.log_model:
            store.save(record.folder / "model", parts.model, record.config["model"])
            log.model(record.folder / "model")

    screen.table(
        {parts.model.name: verdict.values, **references}, list(parts.bucket.values()), parts.k
    )
    screen.note(f"run {log.run_id} in {log.uri}; see it: {log.ui}")
    return best


class Watcher:
    """Evaluates on validation after each epoch: prints, logs, and tells training what it said."""

    def __init__(
        self, parts: Parts, judge: Judge, ranker: Ranker, progress: Progress, log: Log
    ) -> None:
        self.parts = parts
        self.judge = judge
        self.ranker = ranker
        self.progress = progress
        self.log = log
        self.live = progress.live
        self.history: list[dict[str, float]] = []

    def step(self, epoch: int, step: int, steps: int) -> None:
        self.progress.step(epoch, step, steps)

    def epoch(self, epoch: int, loss: float) -> float:
        values = self._validate()
        self.progress.epoch(epoch, loss, values)
        self.log.metrics({"train/loss": loss, **values}, step=epoch)
        self.history.append({"epoch": epoch, "loss": loss, **values})
        return self.parts.monitor_sign * values.get(self.parts.monitor, math.nan)

    def finish(self) -> float:
        """The best monitored value; of a model without epochs, its only one."""
        if not self.history:
            values = self._validate()
            self.log.metrics(values)
            return values.get(self.parts.monitor, math.nan)
        sign = self.parts.monitor_sign
        seen = [row.get(self.parts.monitor, math.nan) * sign for row in self.history]
        return sign * max(seen, default=math.nan)

    def _validate(self) -> dict[str, float]:
        if not len(self.judge.split.validation):
            if not self.history:
                warnings.warn(
                    "no validation users: training neither stops early nor picks epochs",
                    stacklevel=2,
                )
            return {}
        values = {f"val/{k}": v for k, v in self.judge.validate(self.ranker).items()}
        if self.parts.monitor not in values:
            raise DataError(
                "the monitored metric has no value: no validation users in its bucket, or ratings "
                f"that this model does not predict itself. Received: monitor={self.parts.monitor}"
            )
        return values


def keep(
    log: Log,
    record: Record,
    parts: Parts,
    judge: Judge,
    split: Split,
    data: Interactions,
    verdict: Verdict,
    references: dict[str, dict[str, float]],
) -> None:
    """Log test metrics, those of the references, and the user table."""
    import pandas as pd

    log.metrics(verdict.values)
    for name, values in references.items():
        log.metrics({f"{name}/{key}": value for key, value in values.items()})
    log.tags(
        {
            "lrec.rating_head": verdict.rating_head,
            "lrec.history_items_ignored": verdict.ignored,
            **{
                f"lrec.bucket.{name}": words
                for bucket in judge.buckets["test"]
                for name, words in bucket.edges.items()
            },
        }
    )
    ids = [[str(split.catalogue.ids[i]) for i in row if i >= 0] for row in verdict.table["items"]]
    users = split.user_ids[verdict.table["user"]]
    if not parts.tracking.keep_user_ids:
        users = pseudonyms(users, data.digest)
    table = verdict.table.assign(user=users)
    table["items"] = pd.Series(ids, index=table.index)
    path = record.folder / "users.parquet"
    table.to_parquet(path, index=False)
    log.file(path)
    summary = record.folder / "metrics.json"
    summary.write_text(json.dumps({parts.model.name: verdict.values, **references}, indent=1))
    log.file(summary)


def _watched(parts: Parts) -> list[str]:
    """The monitored metric of every bucket: what the lines of training show."""
    name = parts.monitor.rpartition("/")[0]
    names = [n for bucketing in parts.bucket.values() for n in bucketing.names]
    return [f"{name}/{group}" for group in (ALL, *names, COLD)]


def _log_config(log: Log, record: Record) -> None:
    flat: dict[str, Any] = {}
    for group, node in record.config.items():
        flat |= {group: node} if not isinstance(node, dict) else _flat(node, group)
    log.params({**record.choices, **flat})
    log.environment()
    files = {
        "config.yaml": OmegaConf.to_yaml(record.config),
        "overrides.txt": "\n".join(record.overrides),
    }
    for name, text in files.items():
        path = record.folder / name
        path.write_text(text)
        log.file(path)


def _flat(node: dict[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}.{key}") if inner else {f"{prefix}.{key}": value}
    return flat


def _source(record: Record) -> dict[str, str]:
    return {key: str(value) for key, value in record.config["dataset"].items()}


def _draw(
    log: Log,
    record: Record,
    parts: Parts,
    data: Interactions,
    watcher: Watcher,
    rows: dict[str, dict[str, float]],
) -> None:
    figures = record.folder / "figures"
    if watcher.history:
        report.curves(watcher.history, parts.monitor, figures / "curves.png")
    k = max(parts.k)
    names = [n for bucketing in parts.bucket.values() for n in bucketing.names]
    drawn = [metric if metric == "mse" else f"{metric}_at_{k}" for metric in DRAWN]
    report.by_bucket(rows, drawn, [ALL, *names, COLD], figures / "by_bucket.png")
    report.distributions(data, figures / "distributions.png")
    for path in sorted(figures.iterdir()):
        log.file(path, "figures")


def pseudonyms(users: Strings, secret: str) -> Strings:
    """User ids as keyed hashes: a person has the same name in all runs on the same data."""
    key = secret.encode()[:64]
    return np.array(
        [hashlib.blake2b(str(u).encode(), key=key, digest_size=8).hexdigest() for u in users]
    )
