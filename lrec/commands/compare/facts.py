"""Facts for the readers of a comparison, beside its numbers."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lrec.commands.compare.user_tables import meanings
from lrec.commands.next_commands import origin_of
from lrec.commands.runs.selection import ComparedModel, shared_split
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.metric import Metric, SetMetric, metric_of


def describe(
    models: Sequence[ComparedModel], comparison: Comparison, edges: Mapping[str, str]
) -> dict[str, Any]:
    """Facts for readers of a comparison: split, users, buckets, and the command of every run.

    Args:
        edges: bucket -> its meaning, of buckets that the runs were not trained with.
    """
    return {
        "split": shared_split(models),
        "parts": comparison.parts,
        "users": comparison.row(comparison.baseline, comparison.primary, ALL)["users"],
        "buckets": meanings([run for _, run in models[0].trained]) | dict(edges),
        "runs": {
            model.name: [
                {
                    "id": run.id,
                    "seed": run.seed,
                    "part": part,
                    "minutes": run.seconds / 60,
                    "command": shlex.join(origin_of(run.tags) or []),
                }
                for part, run in model.trained
            ]
            for model in models
        },
    }


def describe_metrics(
    metrics: Mapping[str, Metric], columns: Iterable[str], n_items: Iterable[int]
) -> dict[str, Any]:
    """Facts on the metrics of columns: their meanings, and those that do not ask for hits.

    Args:
        n_items: sizes of the catalogue, of each part of the data.
    """
    sizes = " or ".join(f"{n:,}" for n in sorted(set(n_items)))
    of_columns = {column: metrics[metric_of(column)] for column in columns}
    return {
        "meanings": {
            column: f"{metric.meaning} The catalogue has {sizes} items."
            if isinstance(metric, SetMetric)
            else metric.meaning
            for column, metric in of_columns.items()
        },
        "plain": [column for column, metric in of_columns.items() if not metric.of_hits],
    }
