"""Resampling of users: random weights times values, drawn block by block, whatever their number."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Floats, Ints

BLOCK = 2**23  # weights held at once by a thread: 32 MB of float32
THREADS = 2
DRAWS = 2**15  # at once: they stay in the processor's cache; a multiple of 8
# Fills random weights of n users, `(count, n)`, from a generator.
FillWeights = Callable[[np.random.Generator, Floats], None]


def products(columns: Floats, resamples: int, seed: int, fill_weights: FillWeights) -> Floats:
    """Random weights of the users times columns of them, `(resamples, m)`, block by block.

    Columns that are the same, as those of recall and hit where each user has one target, are
    multiplied once.
    """
    columns, place = _distinct(columns)
    n = len(columns)
    size = max(1, min(resamples, BLOCK // max(n, 1)))
    counts = [min(size, resamples - start) for start in range(0, resamples, size)]
    seeds = np.random.SeedSequence(seed).spawn(len(counts))
    result = np.empty((resamples, columns.shape[1]), np.float32)

    def multiply(first: int) -> None:
        memory = np.empty((size, n), np.float32)  # once: new memory takes longer than the numbers
        for block in range(first, len(counts), THREADS):
            rows = slice(block * size, block * size + counts[block])
            weights = memory[: counts[block]]
            fill_weights(np.random.Generator(np.random.SFC64(seeds[block])), weights)
            result[rows] = weights @ columns

    if len(counts) == 1:
        multiply(0)
    else:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(multiply, range(THREADS)))
    return result[:, place]


def _distinct(columns: Floats) -> tuple[Floats, list[int]]:
    """The different ones of columns, and the place of each column among them."""
    places: dict[bytes, int] = {}
    place = [places.setdefault(column.tobytes(), len(places)) for column in columns.T]
    first = np.unique(place, return_index=True)[1]
    return np.ascontiguousarray(columns[:, first]), place


def resample_counts(generator: np.random.Generator, weights: Floats) -> None:
    """Occurrences of each of n users in n draws with replacement, into `(count, n)`."""
    n, flat = weights.shape[1], weights.reshape(-1)
    flat[:] = 0
    rows = -(-DRAWS // n) + 1  # that one portion of draws may belong to
    starts = np.repeat(np.arange(rows) * n, n)
    memory = np.empty(DRAWS, np.uint64)
    drawn = 0
    while drawn < flat.size:
        users = _draw(generator, n, memory)[: flat.size - drawn]
        row, place = divmod(drawn, n)
        users += starts[place : place + len(users)]
        np.add.at(flat[row * n :], users, np.float32(1))
        drawn += len(users)


def _draw(generator: np.random.Generator, n: int, memory: Ints) -> Ints:
    """Draw from range(n) as `generator.integers` does: the next numbers, nearly as many as fit.

    A number u of 32 bits gives u n / 2³²; one with which some would come more often than others is
    left out (Lemire 2019). Two of them are the halves of a number of 64 bits, the lower one first:
    so they take half of the time that `integers` needs.

    Args:
        memory: uint64 of even size, that the draws are written to.
    """
    bits = generator.bit_generator.random_raw(len(memory) // 2).view(np.uint32)
    draws = np.multiply(bits, np.uint64(n), out=memory)
    remainders, least = draws.view(np.uint32)[::2], (2**32 - n) % n
    if remainders.min() < least:
        draws = draws[remainders >= least]
    draws >>= np.uint64(32)
    return draws.view(np.int64)


def kept_signs(generator: np.random.Generator, weights: Floats) -> None:
    """1 for about half of the users, 0 for the others, into `(count, n)`."""
    flat = weights.reshape(-1)
    bits = np.frombuffer(generator.bytes((flat.size + 7) // 8), np.uint8)
    for start in range(0, flat.size, DRAWS):
        part = flat[start : start + DRAWS]
        part[:] = np.unpackbits(bits[start // 8 :][: DRAWS // 8], count=part.size)
