"""The two best models of a bucket, and the proof that one is better than the other, if there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.statistics import LEVEL, Paired


@dataclass(frozen=True)
class Lead:
    """The two models with the best values in a bucket, and their paired difference.

    Attributes:
        first, second: their names.
        difference: of the first to the second; `low` and `high` bound its 95 % interval.
        shown: True if chance alone would hardly put the first before the second.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    shown: bool


@dataclass(frozen=True)
class Duel:
    """The two best models of a bucket by number, and statistics of their difference."""

    models: tuple[int, int]
    difference: float
    low: float
    high: float
    p: float


def best_two(values: Floats, direction: int) -> tuple[int, int]:
    """The two models with the best values, `(models,)`; those without a value are never best."""
    first, second = np.argsort(-direction * values, kind="stable")[:2].tolist()
    return first, second


def duel_of(models: tuple[int, int], statistics: Paired) -> Duel:
    """The duel of two models from statistics whose last column is of their difference."""
    difference, low, high, p = (
        float(getattr(statistics, name)[-1]) for name in ("mean", "low", "high", "p")
    )
    return Duel(models, difference, low, high, p)


def lead_of(names: Sequence[str], duel: Duel, decided: Mapping[str, bool]) -> Lead:
    """The two best models of a bucket by name.

    They are told apart by their own p or, if one of them is the baseline, as the verdict tells.

    Args:
        names: the baseline first.
        decided: model -> whether its verdict is better or worse.
    """
    first, second = (names[model] for model in duel.models)
    shown = duel.p <= 1 - LEVEL
    if 0 in duel.models:
        shown = decided[second if first == names[0] else first]
    return Lead(first, second, duel.difference, duel.low, duel.high, shown)
