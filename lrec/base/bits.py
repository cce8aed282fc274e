"""Integer hashing and the order of a float's bits, for NumPy arrays and TensorFlow tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

GAMMA = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)


def splitmix64(x: Any, right_shift: Callable[[Any, Any], Any] = np.right_shift) -> Any:
    """Scramble integers: the next number of a SplitMix64 generator (Steele et al. 2014).

    Args:
        x: uint64 array or tensor.
        right_shift: `np.right_shift`, or `tf.bitwise.right_shift` for a tensor.

    Returns:
        uint64 of the same shape; different integers give different ones.
    """
    x = x + GAMMA
    x ^= right_shift(x, np.uint64(30))  # in place, of arrays: memory is what takes the time
    x *= FIRST
    x ^= right_shift(x, np.uint64(27))
    x *= SECOND
    x ^= right_shift(x, np.uint64(31))
    return x


def sortable(bits: Any, where: Callable[..., Any] = np.where) -> Any:
    """Integers that sort like the float32 numbers whose bits are given; 0.0 and -0.0 are equal.

    Bits of numbers that are not negative stay as they are; those of negative ones sort backwards,
    so their order is reversed.

    Args:
        bits: int32 array or tensor.
        where: `np.where`, or `tf.where` for a tensor.
    """
    return where(bits < 0, -(2**31) - bits, bits)
