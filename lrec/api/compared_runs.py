"""The result of a comparison, as `lrec.compare` returns it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from lrec.base.arguments import check_argument
from lrec.base.errors import ConfigError
from lrec.commands.compare.charts import values_chart
from lrec.commands.compare.course import course_sentences
from lrec.commands.compare.latex import table as latex_table
from lrec.commands.compare.paper_figures import figure_of
from lrec.commands.compare.sentences import headline
from lrec.evaluation.comparison.comparison import Comparison
from lrec.reporting.page import line_colours

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
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
            ValueError: the comparison does not have the metric, or the width is none.
        """
        check_argument(width, Real, "width must be inches, such as 3.3")
        if not (math.isfinite(width) and width > 0):
            raise ConfigError(f"width must be inches, more than 0. Received: {width}")
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
        check_argument(metric, (str, type(None)), "metric must be text, or None")
        if metric is not None and metric not in known:
            raise ValueError(f"metric must be one of {', '.join(known)}. Received: {metric!r}")
        return metric or self.comparison.primary

    def _wide(self, column: str) -> pd.DataFrame:
        rows = self.comparison.rows
        rows = rows[rows["metric"] == self.comparison.primary]
        wide = rows.set_index(["model", "bucket"])[column].unstack()  # noqa: PD010 - of text too
        return wide.loc[self.comparison.models, self.comparison.buckets]

    def __repr__(self) -> str:
        found = self.comparison
        names = ", ".join(found.models)
        return f"ComparedRuns({names}; baseline {found.baseline}, by {found.primary})"

    def _repr_html_(self) -> str:
        """The values, for a notebook."""
        return str(self.values.to_html(float_format="{:.4f}".format))
