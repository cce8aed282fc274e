"""Products of sparse matrices between items, in blocks that fit a thread's cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from lrec.base.arrays import Floats, Ints, Sparse, offsets_of
from lrec.base.bits import sortable

# Entries of a product that a thread holds at once: few enough for its cache.
ENTRIES_A_BLOCK = 2**18
CHUNK = 32  # neighbouring entries of a row of which one maximum is taken


def row_sums(rows: Sparse, power: int = 1) -> Floats:
    """Sum of each row's entries, to a power, `(n,)` float64."""
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return np.bincount(row, weights=rows.data**power, minlength=rows.shape[0]).astype(float)


def dense_product(left: Sparse, right: Floats) -> Floats:
    """`left @ right`, `(n, m)` float32, of sparse rows and a dense matrix, on all cores."""
    n, threads = left.shape[0], os.cpu_count() or 1
    if n < 2 * threads:  # a request or two: threads take longer to start
        single: Floats = left @ right
        return single
    product = np.empty((n, right.shape[1]), np.float32)
    # by entries and not by rows: histories are of very different lengths
    shares = np.linspace(0, left.indptr[-1], threads + 1)
    edges = np.searchsorted(left.indptr, shares).clip(max=n)
    edges[0], edges[-1] = 0, n

    def fill(start: int, stop: int) -> None:
        product[start:stop] = left[start:stop] @ right

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, edges[:-1].tolist(), edges[1:].tolist()))
    return product


def nearest(
    left: Sparse,
    right: Sparse,
    neighbours: int,
    weigh: Callable[[Floats, Ints, Ints], Floats] | None = None,
) -> Sparse:
    """The largest entries of each row of `left @ right`, without its diagonal.

    Args:
        left, right: `(n, m)` and `(m, n)` sparse rows, float32, not negative.
        neighbours: entries to keep in a row. Of equal ones those with lower columns stay.
        weigh: a new value for each entry, from values, rows and columns.

    Returns:
        `(n, n)` sparse rows, float32, the entries of a row in descending order.
    """
    n = left.shape[0]
    rows = blocks(left, right, most=2**31 // n)
    return largest_of_blocks(lambda block: left[block] @ right, rows, neighbours, weigh)


def largest_of_blocks(
    product: Callable[[slice], Sparse],
    rows: list[slice],
    neighbours: int,
    weigh: Callable[[Floats, Ints, Ints], Floats] | None = None,
) -> Sparse:
    """Like `nearest`, of a square matrix that is made block by block, on all cores.

    Args:
        product: maps a block of rows to these rows, each entry once.
        rows: the blocks, in order, that all rows are in.
    """
    from scipy.sparse import csr_array

    n = rows[-1].stop

    def block(rows: slice) -> tuple[Floats, Ints, Ints]:
        part = product(rows)
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        column, values = part.indices, part.data
        if weigh is not None:
            values = weigh(values, row + rows.start, column)
        values[row + rows.start == column] = -1  # less than any other
        kept = candidates(values, part.indptr, neighbours)
        kept = kept[values[kept] >= 0]
        return largest(row[kept], column[kept], values[kept], neighbours, part.shape)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(block, rows))
    values, columns, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    offsets = offsets_of(counts)
    return csr_array((values, columns, offsets.astype(np.int32)), shape=(n, n))


def candidates(values: Floats, offsets: Ints, k: int) -> Ints:
    """Entries among which the k largest of each row are, those that tie with the last included.

    The k-th largest of the maxima of a row's chunks is not above its k-th largest entry, and hardly
    below it: what is smaller, of a long row almost all, need not be sorted.

    Args:
        values: `(total,)` of ragged rows.
        offsets: of the rows, see `lrec.base.arrays.offsets_of`.
    """
    chunks = -(-np.diff(offsets) // CHUNK)
    long = np.flatnonzero(chunks >= max(k, CHUNK))
    if not len(long):
        return np.arange(len(values))
    row = np.repeat(np.arange(len(chunks)), chunks)
    step = np.arange(len(row)) - offsets_of(chunks)[:-1][row]
    maxima = np.maximum.reduceat(values, offsets[:-1][row] + CHUNK * step)
    table = np.full((len(long), chunks[long].max()), -np.inf, np.float32)
    inside = np.arange(table.shape[1]) < chunks[long][:, None]
    table[inside] = maxima[np.repeat(chunks >= max(k, CHUNK), chunks)]
    least = np.full(len(chunks), -np.inf, np.float32)
    place = table.shape[1] - k
    least[long] = np.partition(table, place, axis=1)[:, place]
    return np.flatnonzero(values >= np.repeat(least, np.diff(offsets)))


def largest(
    row: Ints, column: Ints, values: Floats, k: int, shape: tuple[int, int]
) -> tuple[Floats, Ints, Ints]:
    """The k largest entries of each row: their values and columns, and how many a row has."""
    # The bits of a float32 that is not negative sort like the number. Row, value (reversed) and
    # column fit into one integer each, so that a plain sort, several times as fast as an argsort
    # and the same everywhere, does it all.
    width = max(shape[1] - 1, 1).bit_length()
    bits = sortable(np.ascontiguousarray(values, np.float32).view(np.int32))
    keys = ((row << 31) | (0x7FFFFFFF - bits)) << width | column
    keys.sort()
    sorted_row = keys >> (31 + width)
    counts = np.bincount(row, minlength=shape[0])
    start = np.cumsum(counts) - counts
    keys = keys[np.arange(len(keys)) - start[sorted_row] < k]
    bits = (0x7FFFFFFF - (keys >> width & 0x7FFFFFFF)).astype(np.int32)
    columns = (keys & ((1 << width) - 1)).astype(np.int32)
    return bits.view(np.float32), columns, np.minimum(counts, k)


def above(matrix: Floats, threshold: float) -> Sparse:
    """The entries whose absolute value is not below a threshold, as sparse rows.

    Args:
        matrix: `(n, m)` float32, read block by block: there may be no room for another.
        threshold: above 0.
    """
    from scipy.sparse import csr_array, vstack

    size = max(1, ENTRIES_A_BLOCK // max(matrix.shape[1], 1))
    parts = []
    for start in range(0, len(matrix), size):
        rows = matrix[start : start + size]
        parts.append(csr_array(np.where(np.abs(rows) >= threshold, rows, np.float32(0))))
    return vstack(parts, format="csr")


def blocks(left: Sparse, right: Sparse, most: int) -> list[slice]:
    """Rows of `left @ right` in blocks that bound its entries; no more than `most` a block."""
    n = left.shape[0]
    work = offsets_of(np.diff(right.indptr)[left.indices])[left.indptr]
    entries = np.cumsum(np.minimum(np.diff(work), right.shape[1]))
    edges = [0]
    while edges[-1] < n:
        before = entries[edges[-1] - 1] if edges[-1] else 0
        end = int(np.searchsorted(entries, before + ENTRIES_A_BLOCK, side="right"))
        edges.append(min(max(end, edges[-1] + 1), edges[-1] + most, n))
    return [slice(*pair) for pair in pairwise(edges)]


def blocks_of(offsets: Ints, most: int) -> list[slice]:
    """Ragged rows in blocks of so many entries at most, or of a single row."""
    edges = [0]
    while edges[-1] < len(offsets) - 1:
        end = int(np.searchsorted(offsets, offsets[edges[-1]] + most, side="right")) - 1
        edges.append(max(end, edges[-1] + 1))
    return [slice(*pair) for pair in pairwise(edges)]
