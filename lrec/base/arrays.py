"""Arrays by what they hold, and what is done with them in several places."""

from __future__ import annotations

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


def mean_by_row(values: Floats, row: Ints, n: int) -> Floats:
    """Mean of the values of each row, `(n,)`; NaN for rows without values."""
    count = np.bincount(row, minlength=n)
    total = np.bincount(row, weights=values, minlength=n)
    mean = np.full(n, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
