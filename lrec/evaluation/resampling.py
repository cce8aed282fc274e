"""Resampling of users: random weights times values, drawn block by block, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Floats, Ints

BLOCK = 2**23  # weights held at once by a thread: 32 MB of float32
THREADS = 2
DRAWS = 2**14  # at once: they stay in the processor's cache; a multiple of 8
# Fills random weights of n users, `(count, n)`, from a generator.
FillWeights = Callable[[np.random.Generator, Floats], None]


def products(
    tables: Sequence[Floats], resamples: int, seed: int, fill_weights: FillWeights
) -> list[Floats]:
    """Random weights of the users times each table of them, `(resamples, m)`, block by block.

    Columns that are the same, as those of recall and hit where each user has one target, are
    multiplied once.
    """
    tables, places = zip(*map(_distinct, tables), strict=True)
    n = len(tables[0])
    size = max(1, min(resamples, BLOCK // max(n, 1)))
    counts = [min(size, resamples - start) for start in range(0, resamples, size)]
    seeds = np.random.SeedSequence(seed).spawn(len(counts))
    results = [np.empty((resamples, columns.shape[1]), np.float32) for columns in tables]

    def multiply(first: int) -> None:
        memory = np.empty((size, n), np.float32)  # once: new memory takes longer than the numbers
        for block in range(first, len(counts), THREADS):
            rows = slice(block * size, block * size + counts[block])
            weights = memory[: counts[block]]
            fill_weights(np.random.Generator(np.random.SFC64(seeds[block])), weights)
            for product, columns in zip(results, tables, strict=True):
                product[rows] = weights @ columns

    if len(counts) == 1:
        multiply(0)
    else:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(multiply, range(THREADS)))
    return [product[:, place] for product, place in zip(results, places, strict=True)]


def _distinct(columns: Floats) -> tuple[Floats, list[int]]:
    """The different ones of columns, and the place of each column among them."""
    places: dict[bytes, int] = {}
    place = [places.setdefault(column.tobytes(), len(places)) for column in columns.T]
    first = np.unique(place, return_index=True)[1]
    return np.ascontiguousarray(columns[:, first]), place


def resample_counts(generator: np.random.Generator, weights: Floats) -> None:
    """Occurrences of each of n users in n draws with replacement, into `(count, n)`."""
    count, n = weights.shape
    weights[:] = 0
    rows = max(1, DRAWS // n)
    memory = np.empty(rows * n, np.uint64)
    for start in range(0, count, rows):
        part = weights[start : start + rows]
        draws = memory[: part.size]
        for first in range(0, part.size, DRAWS):
            _draw(generator, n, draws[first : first + DRAWS])
        users = draws.view(np.int64).reshape(part.shape)
        if len(part) > 1:
            users += np.arange(len(part))[:, None] * n
        np.add.at(part.reshape(-1), users.ravel(), np.float32(1))


def _draw(generator: np.random.Generator, n: int, draws: Ints) -> None:
    """Draw from range(n) into uint64 `(size,)`, as `generator.integers` does.

    A number u of 32 bits gives u n / 2³²; one with which some would come more often than others is
    left out (Lemire 2019).
    """
    bits = generator.integers(2**32, size=len(draws), dtype=np.uint32)
    np.multiply(bits, np.uint64(n), out=draws)
    np.right_shift(draws, np.uint64(32), out=draws)
    remainders, least = np.multiply(bits, np.uint32(n), out=bits), (2**32 - n) % n
    if len(draws) and remainders.min() < least:
        kept = draws[remainders >= least]
        draws[: len(kept)] = kept
        _draw(generator, n, draws[len(kept) :])


def kept_signs(generator: np.random.Generator, weights: Floats) -> None:
    """1 for about half of the users, 0 for the others, into `(count, n)`."""
    flat = weights.reshape(-1)
    bits = np.frombuffer(generator.bytes((flat.size + 7) // 8), np.uint8)
    for start in range(0, flat.size, DRAWS):
        part = flat[start : start + DRAWS]
        part[:] = np.unpackbits(bits[start // 8 :][: DRAWS // 8], count=part.size)
