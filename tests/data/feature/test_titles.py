"""Items by the words of their titles."""

from __future__ import annotations

import numpy as np
from helpers.splits import described

from lrec.data.feature.titles import Titles
from lrec.data.queries import Split


def test_titles_that_share_words_are_near(split: Split) -> None:
    n = split.catalogue.n_items
    titles = np.array([f"the {'star wars' if i % 2 else 'love story'} {i // 4}" for i in range(n)])
    rows = Titles(3)(described(split, titles=titles))
    assert rows.shape == (n, 3)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    nearness = unit @ unit.T
    assert nearness[0, 2] > nearness[0, 1]
    assert nearness[1, 3] > nearness[1, 0]


def test_a_single_word_that_titles_share_is_a_vector_of_one_number(split: Split) -> None:
    n = split.catalogue.n_items
    titles = np.array([f"Item {i}" if i % 2 else str(i) for i in range(n)])
    rows = Titles()(described(split, titles=titles))
    assert rows.tolist() == [[i % 2] for i in range(n)]
