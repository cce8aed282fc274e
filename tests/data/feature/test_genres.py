"""Items by their genres."""

from __future__ import annotations

import numpy as np
from helpers.splits import described

from lrec.data.feature.genres import Genres
from lrec.data.queries import Split


def test_genres_of_an_item_have_length_one(split: Split) -> None:
    genres = np.zeros((split.catalogue.n_items, 4), np.float32)
    genres[0] = [1, 1, 1, 1]
    genres[1] = [0, 1, 0, 0]
    rows = Genres()(described(split, genres=genres, genre_names=tuple("abcd")))
    assert rows[0].tolist() == [0.5] * 4
    assert rows[1].tolist() == [0, 1, 0, 0]
    assert not rows[2:].any()
