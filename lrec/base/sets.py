"""Arrays as sets. They are sorted: since version 2.3 NumPy's own functions hash, which takes about
fifteen times as long where most values differ."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Array, Bools


def unique(values: Array) -> Array:
    """The different values, rising, `(n,)`; no NaN may be among them."""
    ordered = np.sort(values, axis=None)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def is_among(values: Array, members: Array) -> Bools:
    """True for values that are members, of the shape of the values."""
    return is_in_order(values, np.sort(members, axis=None))


def is_in_order(values: Array, ordered: Array) -> Bools:
    """The same, of members that rise."""
    if not len(ordered):
        return np.zeros(values.shape, bool)
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: Bools = ordered[place] == values
    return found
