"""Results of a comparison of models with a baseline, by metric and bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lrec.base.config.check import component_class
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.lead import Lead

if TYPE_CHECKING:
    import pandas as pd

BETTER, WORSE, UNDECIDED = "better", "worse", "undecided"
BASELINE, TOO_FEW = "baseline", "too few users"


@dataclass(frozen=True)
class Comparison:
    """Values, differences and verdicts, as `lrec.evaluation.comparison.compare` makes them.

    Attributes:
        rows: one row for each bucket, model and metric; `compare` names its columns.
        served: one row for each bucket and model: shares of users for whom the primary metric is
            `better`, the `same` and `worse` than popularity's, among those for whom it is defined;
            None without popularity.
        baseline, primary: the model compared with, and the metric of the verdicts.
        models: the baseline first.
        bucketings: name of a bucketing -> its buckets that have users, least active first.
        directions: metric -> 1 where more is better, -1 where less is, 0 where neither is; the
            primary one first, set metrics last.
        subsample: users in each subsample that set metrics are computed from.
        items: by popularity of the targets, see `compare_items`; None where tables lack the sums.
        fairness: distances between the groups of each bucketing, see `compare_fairness`.
        leads: bucket -> its two best models by the primary metric, where there are enough users.
        parts: of the data that values are means over, such as windows of time; empty for one.
        course: the primary metric in each of several parts, see `course_of`; None for one.
    """

    rows: pd.DataFrame
    served: pd.DataFrame | None
    baseline: str
    primary: str
    models: list[str]
    bucketings: dict[str, list[str]]
    directions: dict[str, int]
    subsample: int
    leads: dict[str, Lead] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    course: pd.DataFrame | None = None
    items: pd.DataFrame | None = None
    fairness: pd.DataFrame | None = None

    @property
    def buckets(self) -> list[str]:
        """`all`, the buckets of each bucketing, `cold`; those that have users."""
        return list(dict.fromkeys(self.rows["bucket"]))

    @property
    def order(self) -> list[str]:
        """Buckets of the first bucketing that has an order, least active first; else `all`."""
        return first_ordered(self.bucketings)

    def row(self, model: str, metric: str, bucket: str) -> dict[str, Any]:
        """One row of `rows`, by column; None where there is no value."""
        return self._records[model, metric, bucket]

    def find(self, model: str, metric: str, bucket: str) -> dict[str, Any] | None:
        """The same, or None where there is no such row."""
        return self._records.get((model, metric, bucket))

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        """Model, metric and bucket of each row."""
        return list(self._records)

    @cached_property
    def course_records(self) -> list[dict[str, Any]]:
        """The rows of `course`, by column; None where there is no value."""
        return _records_of(self.course)

    @cached_property
    def item_records(self) -> list[dict[str, Any]]:
        """The rows of `items`, by column; None where there is no value."""
        return _records_of(self.items)

    @cached_property
    def fairness_records(self) -> list[dict[str, Any]]:
        """The rows of `fairness`, by column; None where there is no value."""
        return _records_of(self.fairness)

    @cached_property
    def _records(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        records = _records_of(self.rows)
        return {(r["model"], r["metric"], r["bucket"]): r for r in records}


def first_ordered(bucketings: Mapping[str, list[str]]) -> list[str]:
    """Buckets of the first bucketing that has an order, least active first; else `all`.

    Args:
        bucketings: name -> buckets that have users.
    """
    ordered = (
        names
        for bucketing, names in bucketings.items()
        if names and component_class("bucket", bucketing).ordered
    )
    return next(ordered, [ALL])


def _records_of(rows: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Rows by column; None where there is no value."""
    if rows is None:
        return []
    plain = rows.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")  # type: ignore[return-value]


def list_lengths(columns: Iterable[str]) -> list[int]:
    """The k of every column named `<metric>_at_<k>`."""
    return [int(column.rpartition("_at_")[2]) for column in columns if "_at_" in column]
