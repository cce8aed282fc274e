"""Sparse genres: laid out anew, stored and read again, and dense where few are used."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.data.genre_matrix import (
    MOST,
    as_sparse,
    flags_of,
    frequent,
    lists_of,
    restored,
    spread,
    stored,
)

FLAGS = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], np.float32)


def test_rows_are_laid_out_anew() -> None:
    laid_out = spread(as_sparse(FLAGS), np.array([2, -1, 0, 0]))
    assert laid_out.toarray().tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 1], [1, 0, 1]]


def test_what_is_stored_is_restored() -> None:
    again = restored(stored(as_sparse(FLAGS)), 3)
    assert again.toarray().tolist() == FLAGS.tolist()
    assert restored({"genres": FLAGS}, 3).toarray().tolist() == FLAGS.tolist()
    assert restored(stored(None), 0) is None


def test_pairs_that_repeat_count_once() -> None:
    flags = flags_of(np.array([2, 0, 0, 2]), np.array([1, 2, 0, 1]), (3, 3))
    assert flags.toarray().tolist() == FLAGS.tolist()
    assert flags_of(np.zeros(0, int), np.zeros(0, int), (2, 0)).shape == (2, 0)
    assert lists_of(flags, ("a", "b", "c")) == [["a", "c"], [], ["b"]]


def test_of_many_genres_the_most_frequent_are_features() -> None:
    n = MOST + 100
    own = flags_of(np.arange(n), np.arange(n), (n, n)).toarray()
    own[:, n - 1] = 1
    with pytest.warns(UserWarning, match=f"the items have {n} genres: the {MOST} most frequent"):
        dense = frequent(as_sparse(own), n - 5)
    assert dense.shape == (n - 5, MOST)
    assert (dense[:, -1] == 1).all()
    assert np.array_equal(dense[:, :-1], own[: n - 5, : MOST - 1])
    assert np.array_equal(frequent(as_sparse(FLAGS), 2), FLAGS[:2])
