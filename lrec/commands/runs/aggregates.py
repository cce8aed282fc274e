"""Aggregates of several runs, for the run that is their parent in MLflow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, stdev

from lrec.commands.runs.replicates import Replicates, candidates
from lrec.commands.settings import RunSettings
from lrec.commands.train.run_logging import shown_columns
from lrec.reporting.formatting import distinguishing_words, metric_name
from lrec.reporting.markdown import markdown_table
from lrec.tracking import Log, SavedRun

NOT_TESTED = ("data", "train", "val", "best")  # first parts of metrics of other than the test

Summary = dict[str, tuple[float, float]]  # metric -> mean and standard deviation, NaN of one run


def aggregate(log: Log, runs: Sequence[SavedRun], settings: RunSettings) -> None:
    """Log what is the same for all runs as parameters, and candidates' means over replicates.

    The metrics of a single candidate have their own names, and `sd/<metric>` beside them. Of
    several candidates those of the description are logged as `<candidate>/<metric>`.
    """
    if not runs:
        return
    log_shared(log, runs)
    columns = shown_columns({run.id: run.metrics for run in runs}, settings)
    each = named(candidates(runs))
    n_runs = sum(len(one.runs) for one in each.values())
    found = {name: over_replicates(one) for name, one in each.items()}
    for name, values in found.items():
        prefix = f"{label(name)}/" if len(found) > 1 else ""
        kept = {k: v for k, v in values.items() if not prefix or k.partition("/")[0] in columns}
        log.metrics({f"{prefix}{key}": value for key, (value, _) in kept.items()})
        spread = {key: sd for key, (_, sd) in kept.items() if not math.isnan(sd)}
        log.metrics({f"{prefix}sd/{key}": sd for key, sd in spread.items()})
    log.describe(described(found, columns, settings.groups, n_runs))


def log_shared(log: Log, runs: Sequence[SavedRun]) -> None:
    """Log the parameters that are the same for all runs."""
    shared = set.intersection(*(set(run.params.items()) for run in runs))
    log.params(dict(sorted(shared)))


def named(found: Sequence[Replicates]) -> dict[str, Replicates]:
    """Candidates by what distinguishes their settings; by their model where there is one."""
    words = distinguishing_words([one.settings for one in found])
    named = {}
    for text, one in zip(words, found, strict=True):
        model = one.runs[0].params.get("model", "")
        name = text if len(found) > 1 and text else model
        named[name if name not in named else f"{name} {one.runs[0].id[:8]}"] = one
    return named


def over_replicates(candidate: Replicates) -> Summary:
    """Mean and standard deviation of every test metric that all replicates have."""
    first, *others = [run.metrics for run in candidate.runs]
    keys = [key for key in first if key.partition("/")[0] not in NOT_TESTED]
    shared = [key for key in keys if all(key in metrics for metrics in others)]
    values = {key: [run.metrics[key] for run in candidate.runs] for key in shared}
    return {k: (mean(v), stdev(v) if len(v) > 1 else math.nan) for k, v in values.items()}


def described(
    found: dict[str, Summary], columns: Sequence[str], groups: Sequence[str], n_runs: int
) -> str:
    """Tables by bucket in Markdown, one for each metric's column, a line for each candidate."""
    texts = [
        f"{len(found)} candidates in {n_runs} runs; mean ± standard deviation over replicates."
    ]
    for name in columns:
        shown = [g for g in groups if any(f"{name}/{g}" in values for values in found.values())]
        rows = [
            [candidate, *(_spread(values.get(f"{name}/{group}")) for group in shown)]
            for candidate, values in found.items()
        ]
        texts.append(markdown_table([metric_name(name), *shown], rows))
    return "\n\n".join(texts)


def label(candidate: str) -> str:
    """A candidate as a part of a metric's name in MLflow, which refuses signs like =."""
    return "".join(c if c.isalnum() or c in "._- " else "_" for c in candidate)[:150]


def _spread(value: tuple[float, float] | None) -> str:
    if value is None:
        return "–"
    center, spread = value
    return f"{center:.4f}" if math.isnan(spread) else f"{center:.4f} ± {spread:.4f}"
