"""Hashing and the order of bits: published values, and NumPy and TensorFlow alike to the bit."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from lrec.base.bits import GAMMA, sortable, splitmix64

NUMBERS = np.array(
    [-np.inf, -3.4e38, -2.5, -1.0, -1e-45, 0.0, 1e-45, 1e-38, 0.1, 1.0, 1.0000001, 7e7, np.inf],
    np.float32,
)


def test_splitmix64_gives_the_published_sequence() -> None:
    """Of seed 1234567, as Vigna's reference implementation prints it."""
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    states = np.uint64(1234567) + GAMMA * np.arange(5, dtype=np.uint64)
    assert splitmix64(states).tolist() == published


def test_splitmix64_of_a_tensor_is_that_of_the_array() -> None:
    x = np.random.default_rng(0).integers(2**64, size=(30, 20), dtype=np.uint64)
    x[0, :3] = [0, 1, 2**64 - 1]
    hashed = splitmix64(tf.constant(x), tf.bitwise.right_shift)
    assert hashed.dtype == tf.uint64
    np.testing.assert_array_equal(hashed.numpy(), splitmix64(x))
    assert len(np.unique(splitmix64(x))) == x.size


def test_bits_sort_like_the_numbers() -> None:
    bits = sortable(NUMBERS.view(np.int32))
    assert (np.diff(bits.astype(np.int64)) > 0).all()
    assert sortable(np.array([-0.0, 0.0], np.float32).view(np.int32)).tolist() == [0, 0]
    positive = NUMBERS[NUMBERS > 0]
    np.testing.assert_array_equal(sortable(positive.view(np.int32)).view(np.float32), positive)


def test_bits_of_a_tensor_are_those_of_the_array() -> None:
    ours = sortable(tf.bitcast(tf.constant(NUMBERS), tf.int32), tf.where)
    assert ours.dtype == tf.int32
    np.testing.assert_array_equal(ours.numpy(), sortable(NUMBERS.view(np.int32)))
