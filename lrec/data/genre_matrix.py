"""Genres of items as sparse flags: memory grows with the items' genres, however many there are."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from lrec.base.arrays import Array, Arrays, Floats, Ints, Sparse
from lrec.base.sets import unique

MOST = 500  # the most genres that stand side by side in a dense matrix
OFFSETS, CODES = "genre_offsets", "genre_codes"  # arrays on disk


def as_sparse(genres: Array | Sparse) -> Sparse:
    """Flags `(n_items, n_genres)` as compressed rows, float32, in the order of the genres."""
    from scipy.sparse import csr_array

    if isinstance(genres, np.ndarray):
        genres = csr_array(genres.astype(np.float32))
    return genres


def flags_of(row: Ints, genre: Ints, shape: tuple[int, int]) -> Sparse:
    """Flags of pairs `(n,)` of a row and a genre, each of which may occur several times."""
    from scipy.sparse import csr_array

    pairs = unique(row.astype(np.int64) * max(shape[1], 1) + genre)
    rows, genres = np.divmod(pairs, max(shape[1], 1))
    offsets = np.searchsorted(rows, np.arange(shape[0] + 1))
    return csr_array((np.ones(len(pairs), np.float32), genres, offsets), shape=shape)


def spread(genres: Sparse, source: Ints) -> Sparse:
    """Rows laid out anew.

    Args:
        source: the old row of each new one; -1 for one without genres.
    """
    from scipy.sparse import csr_array

    offsets = np.append(genres.indptr, genres.indptr[-1])  # an empty row at the end, which is -1
    shape = (genres.shape[0] + 1, genres.shape[1])
    return csr_array((genres.data, genres.indices, offsets), shape=shape)[source]


def lists_of(genres: Sparse, names: tuple[str, ...]) -> list[list[str]]:
    """The names of each row's genres."""
    named = np.array(names, dtype=object)[genres.indices]
    return [row.tolist() for row in np.split(named, genres.indptr[1:-1])]


def stored(genres: Sparse | None) -> Arrays:
    """Plain arrays that stand for flags in a file."""
    return {} if genres is None else {OFFSETS: genres.indptr, CODES: genres.indices}


def restored(arrays: Mapping[str, Array], n_genres: int) -> Sparse | None:
    """The flags that arrays of a file stand for, or None; an older lrec stored them dense."""
    from scipy.sparse import csr_array

    if "genres" in arrays:
        return as_sparse(arrays["genres"])
    if OFFSETS not in arrays:
        return None
    codes, offsets = arrays[CODES], arrays[OFFSETS]
    flags = np.ones(len(codes), np.float32)
    return csr_array((flags, codes, offsets), shape=(len(offsets) - 1, n_genres))


def frequent(genres: Sparse, n_items: int) -> Floats:
    """Flags of the first items for what needs them dense: of many genres the most frequent ones."""
    n_genres = genres.shape[1]
    if n_genres > MOST:
        count = np.bincount(genres.indices, minlength=n_genres)
        used = np.sort(np.argsort(-count, kind="stable")[:MOST])
        warnings.warn(
            f"the items have {n_genres:,} genres: the {MOST} most frequent are used as features, "
            f"and the others, of at most {np.delete(count, used).max():,} items each, are left out",
            stacklevel=3,
        )
        genres = genres[:, used]
    dense: Floats = genres[:n_items].toarray()
    return dense
