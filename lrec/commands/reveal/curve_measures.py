"""Measures of a curve over the items shown: n*, the area, and the length from which it leads.

All take curves `(…, lengths)` at the lengths where the model answers itself.
"""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints

PLATEAU = 0.9  # share of a curve's best value from which it counts as flat
EARLY = 8  # items up to which the area under the curve is taken
OWN = 0.5  # share of personalised lists from which a point counts as the model's own


def own_points(covered: Floats) -> Bools:
    """True where most answers are the model's own, and not a fallback's."""
    own: Bools = covered >= OWN
    return own


def lasting(holds: Bools, shown: Ints) -> Floats:
    """The fewest items from which on a condition holds at every length; infinite if at none."""
    to_the_end = np.logical_and.accumulate(holds[..., ::-1], axis=-1)[..., ::-1]
    return np.where(to_the_end.any(axis=-1), shown[to_the_end.argmax(axis=-1)], np.inf)


def needed(curves: Floats, shown: Ints) -> Floats:
    """n*: the fewest items from which on a curve stays at 90 % of its best value or more."""
    return lasting(curves >= PLATEAU * curves.max(axis=-1, keepdims=True), shown)


def leads_from(curves: Floats, others: Floats, shown: Ints) -> Floats:
    """The fewest items from which on a curve stays above another."""
    return lasting(curves > others, shown)


def area(curves: Floats, shown: Ints) -> Floats:
    """Mean height from 1 to 8 items, by the trapezoid rule; NaN without a point there.

    It begins at 1 for every model, because few answer without any item, and areas are compared.
    """
    early = (shown > 0) & (shown <= EARLY)
    heights, at = curves[..., early], shown[early]
    if len(at) < 2:
        return heights.mean(axis=-1) if len(at) else np.full(curves.shape[:-1], np.nan)
    mean: Floats = np.trapezoid(heights, at, axis=-1) / (at[-1] - at[0])
    return mean
