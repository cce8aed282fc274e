"""Medians and quartiles over the repetitions of a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarking.recorded import Recorded
from benchmarking.replay import Course, Method, replay
from lrec.base.arrays import Floats

POINTS = 201  # of a curve, from 0 to the budget
LONGEST = 1800.0  # seconds of a budget


@dataclass(frozen=True)
class Summary:
    """A method on one table.

    Attributes:
        clock: seconds from 0 to the budget.
        quartiles: lower one, median and upper one of the best so far at these seconds; NaN as long
            as nothing has been evaluated in more than a quarter of the repetitions.
        drawn: the same without the first trial, the model as it is, which may be the best of all.
        trials: that were begun within the budget; the median.
        tried: share of the repetitions that tried the table's best settings.
        dropped: share of these in which the pruner ended them before their best epoch.
    """

    method: Method
    clock: Floats
    quartiles: Floats
    drawn: Floats
    trials: float
    tried: float
    dropped: float

    def at(self, share: float) -> Floats:
        """The quartiles when a share of the budget is spent."""
        return np.asarray(self.quartiles[:, round(share * (POINTS - 1))])

    def reaches(self, target: float) -> float | None:
        """Seconds at which the median reaches a value; None if it does not within the budget."""
        return first(self.clock, self.quartiles[1], target)

    def draws_reach(self, target: float) -> float | None:
        """Seconds at which the median of what was drawn reaches a value."""
        return first(self.clock, self.drawn[1], target)


def first(clock: Floats, curve: Floats, target: float) -> float | None:
    reached = np.flatnonzero(curve >= target)
    return float(clock[reached[0]]) if len(reached) else None


def budget_of(recorded: Recorded) -> float:
    """Half an hour, or what half the table took where that is less: then a choice is left."""
    return min(LONGEST, recorded.total / 2)


def summarise(recorded: Recorded, method: Method, repetitions: int) -> Summary:
    """Replay a method with as many seeds."""
    budget = budget_of(recorded)
    clock = np.linspace(0, budget, POINTS)
    courses = [replay(recorded, method, seed, budget) for seed in range(repetitions)]
    curves, drawn = (
        [best_so_far(course, recorded.finals, clock, skipped) for course in courses]
        for skipped in (0, 1)
    )
    winner = int(np.nanargmax(recorded.finals[:, 0]))
    tried = [course for course in courses if winner in course.order]
    lost = [course for course in tried if is_lost(course, winner, recorded)]
    return Summary(
        method,
        clock,
        quartiles_of(np.array(curves)),
        quartiles_of(np.array(drawn)),
        float(np.median([len(course.order) for course in courses])),
        len(tried) / repetitions,
        len(lost) / max(1, len(tried)),
    )


def quartiles_of(curves: Floats) -> Floats:
    """Lower quartile, median and upper one over curves, where most of them have begun."""
    known = np.mean(np.isfinite(curves), axis=0) > 0.75
    quartiles = np.full((3, curves.shape[1]), np.nan)
    quartiles[:, known] = np.nanquantile(curves[:, known], [0.25, 0.5, 0.75], axis=0)
    return quartiles


def is_lost(course: Course, winner: int, recorded: Recorded) -> bool:
    """True if the table's best settings were tried, and ended before their best epoch."""
    if winner not in course.dropped:
        return False
    end = course.ends[course.order.index(winner)]
    return bool(course.values[end, 0] < recorded.finals[winner, 0])


def best_so_far(course: Course, finals: Floats, clock: Floats, skipped: int = 0) -> Floats:
    """The best value when so many seconds are spent; NaN before the first evaluation.

    Of two objectives, it is the share of the area that the whole table's front encloses with the
    worst value of either.

    Args:
        skipped: the first trials, whose values do not count.
    """
    begin = course.ends[skipped - 1] + 1 if skipped else 0
    if finals.shape[1] == 1:
        seconds, best = course.seconds[begin:], np.maximum.accumulate(course.values[begin:, 0])
    else:
        worst = np.nanmin(finals, axis=0)
        ends = course.ends[skipped:]
        ended, whole = course.values[ends], area(finals, worst)
        seconds = course.seconds[ends]
        best = np.array([area(ended[: n + 1], worst) for n in range(len(ended))]) / whole
    done = np.searchsorted(seconds, clock, side="right")
    return np.concatenate([[np.nan], best])[done]


def area(points: Floats, worst: Floats) -> float:
    """The area of what two-dimensional points dominate, down to the worst value of either.

    >>> area(np.array([[2.0, 1.0], [1.0, 3.0]]), np.zeros(2))
    4.0
    """
    known = points[np.isfinite(points).all(axis=1)]
    by_first = known[np.argsort(-known[:, 0])]
    heights = np.maximum.accumulate(np.concatenate([[worst[1]], by_first[:, 1]]))
    return float(((by_first[:, 0] - worst[0]) * np.diff(heights)).sum())


def spread(recorded: Recorded) -> float:
    """Standard deviation over the seeds of the model as it is; NaN with one seed."""
    group = recorded.table.monitored
    values: Sequence[float] = [max(trial.curve[group]) for trial in recorded.table.again]
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
