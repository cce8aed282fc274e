"""Size and latency of a blend and of its members, and what its lists lose beside theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lrec.commands.export.benchmark import latency, ranked_by_lrec
from lrec.commands.export.export_formats import rank_each
from lrec.data.histories import Histories
from lrec.evaluation.evaluator import sampled_rows
from lrec.evaluation.metric import Metric
from lrec.model import Model
from lrec.reporting.formatting import metric_name, number
from lrec.reporting.terminal import column_of

WIDTH = ("item_coverage", "novelty")  # metrics of lists that a mixture may make more alike


def costs(
    models: Mapping[str, Model], histories: Histories, n: int, k: int
) -> dict[str, dict[str, float]]:
    """Of each model: `megabytes` of its saved state; `p50_ms` and `p99_ms` of a request.

    Args:
        histories: of users; n of them are asked about, one at a time.
        k: length of the lists.
    """
    rows = np.arange(len(histories))
    asked = histories.take(sampled_rows(len(rows), n) if n < len(rows) else rows)
    found = {}
    for name, model in models.items():
        _, seconds = rank_each(ranked_by_lrec(model), asked, k)
        size = sum(array.nbytes for array in model.state().values()) / 1e6
        found[name] = {"megabytes": size, **latency(seconds)}
    return found


def falls(
    values: Mapping[str, float],
    members: Mapping[str, Mapping[str, float]],
    groups: Sequence[str],
    ks: Sequence[int],
    metrics: Mapping[str, Metric],
) -> list[str]:
    """Sentences on the buckets in which the blend's lists are less wide or novel than a member's.

    Args:
        values: the blend's test metrics, and those of each member.
    """
    sentences = []
    for metric in (name for name in WIDTH if name in metrics):
        column = column_of(metric, {"": values}, ks)
        for name, own in members.items():
            lower = [
                f"{group} {number(own[key])} → {number(values[key])}"
                for group in groups
                if (key := f"{column}/{group}") in own and key in values
                if values[key] < own[key]
            ]
            if lower:
                sentences.append(f"{metric_name(column)} is below {name}'s: {', '.join(lower)}")
    return sentences
