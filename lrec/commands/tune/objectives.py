"""What a study optimises: validation metrics of any group of users, and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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

    def better(self, value: float, other: float) -> bool:
        """True if a value is better than another."""
        return self.sign * value > self.sign * other


def values_of(objectives: list[Objective], measured: Mapping[str, float]) -> list[float]:
    """The objectives' values among a trial's validation metrics and costs, in order.

    >>> values_of([Objective("seconds", -1)], {"seconds": 2.0, "parameters": 10.0})
    [2.0]
    """
    return [float(measured[objective.name]) for objective in objectives]
