"""Objectives of a study: validation metrics of any group of users, and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lrec.evaluation.bucket import ALL
from lrec.reporting.formatting import metric_name

COSTS = ("seconds", "parameters")


@dataclass(frozen=True)
class Objective:
    """One number of a trial.

    Attributes:
        name: `val/<metric>/<group>`, or one of `COSTS`.
        sign: 1 where a larger value is better, -1 where a smaller one is.
    """

    name: str
    sign: int

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """The direction in Optuna's words."""
        return "maximize" if self.sign > 0 else "minimize"

    @property
    def is_cost(self) -> bool:
        """True of what a trial takes, which users have no values of."""
        return self.name in COSTS

    @property
    def column(self) -> str:
        """The column of the user table that it is a mean of; of a cost, its name."""
        return self.name if self.is_cost else self.name.split("/")[1]

    @property
    def group(self) -> str:
        """The group of users that it is a mean over; of a cost, `all`."""
        return ALL if self.is_cost else self.name.split("/")[2]

    @property
    def words(self) -> str:
        """A short name for people.

        >>> Objective("val/ndcg_at_10/tail", 1).words, Objective("seconds", -1).words
        ('ndcg@10 (tail)', 'seconds')
        """
        return self.name if self.is_cost else f"{metric_name(self.column)} ({self.group})"


def values_of(objectives: list[Objective], measured: Mapping[str, float]) -> list[float]:
    """The objectives' values among a trial's validation metrics and costs, in order.

    >>> values_of([Objective("seconds", -1)], {"seconds": 2.0, "parameters": 10.0})
    [2.0]
    """
    return [float(measured[objective.name]) for objective in objectives]
