"""Scores of sequence models from their states and item vectors."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import split_of

from lrec.data.histories import Histories
from lrec.model.attention import Attention

HISTORIES = [[3, 1, 4], [], [1], [5, 0, 2, 6, 1]]
SIZE = 6


@pytest.mark.parametrize("temperature", [None, 0.1])
def test_scores_are_inner_products_or_cosines_over_the_temperature(
    temperature: float | None,
) -> None:
    model = Attention(embedding_size=SIZE, temperature=temperature)
    model._build(split_of(HISTORIES).catalogue)
    histories = Histories.of(HISTORIES)
    scores = model.score(histories)
    items = tf.ragged.constant(HISTORIES, tf.int32, row_splits_dtype=tf.int64)
    states = model.item_states(items, newest=True, training=False).numpy()
    table = np.array(model.embedding.embeddings)
    if temperature is not None:
        lengths = np.linalg.norm(states, axis=1, keepdims=True)
        states /= np.maximum(lengths, 1e-9) * temperature  # of an empty history it is 0
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        assert np.abs(scores).max() <= 1 / temperature + 1e-4
    filled = [0, 2, 3]
    np.testing.assert_allclose(scores[filled], states[filled] @ table.T, atol=1e-5)
    assert not scores[1].any()
