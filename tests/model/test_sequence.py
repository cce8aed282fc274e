"""Scores of sequence models from their states and item vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import split_of

from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.model.attention import Attention
from lrec.model.bert4rec import BERT4Rec

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
    states = model.item_states(items, newest=True).numpy()
    table = np.array(model.embedding.embeddings)
    if temperature is not None:
        lengths = np.linalg.norm(states, axis=1, keepdims=True)
        states /= np.maximum(lengths, 1e-9) * temperature  # of an empty history it is 0
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        assert np.abs(scores).max() <= 1 / temperature + 1e-4
    filled = [0, 2, 3]
    np.testing.assert_allclose(scores[filled], states[filled] @ table.T, atol=1e-5)
    assert not scores[1].any()


@pytest.mark.parametrize("sampling", ["uniform", "popularity"])
@pytest.mark.parametrize("kind", [Attention, BERT4Rec])
def test_a_step_that_reads_its_own_items_only_learns_the_same(
    kind: Any, sampling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = split_of([history for history in HISTORIES if history])
    features = ItemFeatures(vectors=np.eye(7, 3, dtype=np.float32))
    split = replace(split, catalogue=replace(split.catalogue, features=features))
    sides = []
    for few in (100, 0):
        monkeypatch.setattr("lrec.model.common.sequence.FEW", few)
        tf.keras.utils.set_random_seed(5)
        model = kind(
            embedding_size=SIZE, heads=1, negatives=4, sampling=sampling, logq=True, dropout=0.0
        )
        model._build(split.catalogue)
        examples = tf.range(model.prepare(split), dtype=tf.int64)
        if not few:
            monkeypatch.setattr(model, "table", None)  # the whole table is not made
        with tf.GradientTape() as tape:
            losses = model.losses(examples, tf.constant(0.0))
        weights = [weight.value for weight in model._weights()]
        gradients = tape.gradient(losses, weights)
        of_table = gradients[0]
        sides.append([losses, *(tf.convert_to_tensor(g) for g in gradients if g is not None)])
    assert isinstance(of_table, tf.IndexedSlices)
    rows = of_table.indices.numpy()
    assert len(set(rows)) == len(rows)
    for whole, own in zip(*sides, strict=True):
        np.testing.assert_allclose(whole, own, rtol=1e-4, atol=2e-5)
