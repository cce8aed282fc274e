"""Arrays by what they hold, and what is done with them in several places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]
Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
Tensor = Any  # TensorFlow ships no types
Sparse = Any  # SciPy ships none either


def nan_mean(values: Floats, axis: int) -> Floats:
    """Mean along an axis of the values that are not NaN; NaN where there is none."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=axis)
    total = np.where(defined, values, 0).sum(axis=axis)
    mean = np.full(count.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def mean_of_defined(values: Floats) -> float:
    """Mean of all values that are not NaN, `(n,)` to a number; NaN if there is none."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def mean_by_row(values: Floats, row: Ints, n: int) -> Floats:
    """Mean of the values of each row, `(n,)`; NaN for rows without values."""
    count = np.bincount(row, minlength=n)
    total = np.bincount(row, weights=values, minlength=n)
    mean = np.full(n, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def row_counts(marked: Bools, offsets: Ints) -> Ints:
    """Marked entries of each ragged row, `(n,)` int64.

    Args:
        marked: `(total,)` bool.
        offsets: of the rows, see `offsets_of`.

    >>> row_counts(np.array([True, False, True]), offsets_of([2, 0, 1])).tolist()
    [1, 0, 1]
    """
    if not len(marked):
        return np.zeros(len(offsets) - 1, np.int64)
    filled = offsets[1:] > offsets[:-1]
    counts = np.zeros(len(offsets) - 1, np.int64)
    counts[filled] = np.add.reduceat(marked, offsets[:-1][filled], dtype=np.int64)
    return counts


def offsets_of(lengths: Ints | Bools | Sequence[int]) -> Ints:
    """Offsets of ragged rows, `(n + 1,)` int64: row r is `[offsets[r]:offsets[r + 1]]`.

    Args:
        lengths: of the rows, `(n,)`.

    >>> offsets_of([2, 0, 3]).tolist()
    [0, 2, 2, 5]
    """
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, dtype=np.int64, out=offsets[1:])
    return offsets
