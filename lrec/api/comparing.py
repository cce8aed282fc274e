"""Comparisons from Python: `lrec compare` with a result in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lrec.api import calling
from lrec.api.evaluating import EvaluatedLists
from lrec.api.training import TrainedRun
from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed
from lrec.commands.compare.baseline import choose_baseline
from lrec.commands.compare.charts import values_chart
from lrec.commands.compare.command import run as compare_runs
from lrec.commands.compare.course import course_sentences
from lrec.commands.compare.latex import table as latex_table
from lrec.commands.compare.paper_figures import figure_of
from lrec.commands.compare.sentences import headline
from lrec.commands.compare.table import bucket_orders
from lrec.commands.compare.user_tables import user_tables
from lrec.commands.runs.model_identity import settings
from lrec.commands.runs.replicates import PARTS
from lrec.commands.runs.same_replicates import part_of
from lrec.commands.runs.selection import select
from lrec.evaluation.comparison.compare import compare as compare_tables
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import (
    ComparisonError,
    metric_directions,
    shared_columns,
)
from lrec.reporting.page import line_colours

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ComparedRuns:
    """Models side by side, by bucket, with intervals and verdicts against a baseline.

    Attributes:
        comparison: as the command has it.
    """

    comparison: Comparison

    @property
    def table(self) -> pd.DataFrame:
        """A row for each bucket, model and metric: value, difference, their intervals, verdict."""
        return self.comparison.rows

    @property
    def verdicts(self) -> pd.DataFrame:
        """The verdicts by the primary metric: a row for each model, a column for each bucket."""
        return self._wide("verdict")

    @property
    def values(self) -> pd.DataFrame:
        """The values of the primary metric: a row for each model, a column for each bucket."""
        return self._wide("value")

    @property
    def sentences(self) -> list[str]:
        """The outcome in words."""
        return [*headline(self.comparison, {}, False), *course_sentences(self.comparison, {})]

    def figure(self, metric: str | None = None, width: float = 7.0) -> Figure:
        """A metric of every model by bucket, as a figure of matplotlib in the style for papers.

        The primary metric has 95 % intervals, as in the chart that the command writes.

        Args:
            metric: None for the primary one.
            width: in inches; 3.3 is a column of a paper.

        Raises:
            ValueError: the comparison does not have the metric.
        """
        found, colours = self.comparison, line_colours(self.comparison.models)
        chart = values_chart(found, {"buckets": {}}, colours, self._known(metric))
        return figure_of(chart, width)

    def to_latex(self, metric: str | None = None) -> str:
        """A table in LaTeX (package booktabs): models by buckets.

        A cell is the mean over seeds, ± their standard deviation; the best of each bucket is bold,
        and + and − mark what is better or worse than the baseline, by the verdicts.

        Args:
            metric: None for the primary one, the only one with verdicts.

        Raises:
            ValueError: the comparison does not have the metric.
        """
        return latex_table(self.comparison, self._known(metric))

    def _known(self, metric: str | None) -> str:
        known = self.comparison.directions
        if metric is not None and metric not in known:
            raise ValueError(f"metric must be one of {', '.join(known)}. Received: {metric!r}")
        return metric or self.comparison.primary

    def _wide(self, column: str) -> pd.DataFrame:
        rows = self.comparison.rows
        rows = rows[rows["metric"] == self.comparison.primary]
        wide = rows.set_index(["model", "bucket"])[column].unstack()  # noqa: PD010 - of text too
        return wide.loc[self.comparison.models, self.comparison.buckets]

    def _repr_html_(self) -> str:
        """The values, for a notebook."""
        return str(self.values.to_html(float_format="{:.4f}".format))


def compare(
    candidates: Sequence[TrainedRun | EvaluatedLists | str],
    *overrides: str,
    primary: str = "ndcg_at_10",
    baseline: str | None = None,
    log: bool | None = None,
    verbose: bool = True,
) -> ComparedRuns:
    """Compare runs by bucket of users, against a baseline.

    Results of one model with several seeds, or on several windows of time, folds or split seeds,
    are replicates, as they are to `lrec compare`.

    Args:
        candidates: results of `lrec.train` and `lrec.evaluate`, or runs by id, first letters of it,
            model, or latest.
        overrides: of `lrec compare`, such as `resamples=1000`, for logged runs.
        primary: the metric that verdicts are given by.
        baseline: a model's name, or the id of a logged run of it; None takes the simple model that
            is best on validation.
        log: True makes a run of the comparison, with its page, as `lrec compare` does; None does so
            where all candidates are logged. False compares results of `lrec.train` in memory.
        verbose: False prints nothing.

    Raises:
        ComparisonError: they have different data, splits or seeds, or none is a baseline.
        ConfigError: a name is not known.
    """
    results = [one for one in candidates if not isinstance(one, str)]
    ids = [one if isinstance(one, str) else one.run_id for one in candidates]
    unlogged = [one for one in results if one.run_id is None]
    if log is None:
        log = not unlogged
    if log and unlogged:
        raise ConfigError(f"log=True needs logged runs. Received: {unlogged[0]}")
    if not log and len(results) < len(ids):
        raise ConfigError(
            "runs of the store are compared with log=True, together with logged results only. "
            f"Received: {[one for one in candidates if isinstance(one, str)]}"
        )
    with ExitStack() as stack:
        stack.enter_context(calling.call(verbose))
        if not log:
            return ComparedRuns(_in_memory(results, primary, baseline))
        words = [f"runs=[{','.join(map(str, ids))}]", f"primary={primary}", *overrides]
        words += [] if baseline is None else [f"baseline={baseline}"]
        call = stack.enter_context(composed("compare", words))
        call.invocation.folder.mkdir(parents=True, exist_ok=True)
        return ComparedRuns(compare_runs(call.settings, call.invocation))


def _in_memory(
    results: Sequence[TrainedRun | EvaluatedLists], primary: str, baseline: str | None
) -> Comparison:
    """Compare results as the command compares runs: of what they have logged, or would have."""
    if without := [one for one in results if one.users.empty]:
        raise ComparisonError(f"{without[0]} has no test to compare: nothing was held out.")
    runs = [
        replace(one.result.record, id=one.run_id or f"number {number}")
        for number, one in enumerate(results, 1)
    ]
    tables_by_id = {run.id: one.users for run, one in zip(runs, results, strict=True)}
    if len({(settings(run), part_of(run), run.seed) for run in runs}) < len(runs):
        raise ComparisonError("two results are of one model with the same seed: compare one.")
    models = select(runs, named=True, lists=True, apart=PARTS)
    tables = [
        table for model in models for table in user_tables(model, lambda run: tables_by_id[run.id])
    ]
    metrics = results[0].settings.metric
    directions = metric_directions(shared_columns(tables), metrics, primary)
    chosen = choose_baseline(models, primary, directions[primary], baseline)
    return compare_tables(tables, chosen, primary, metrics, bucket_orders(tables))
