"""Training examples of the causal transformer: histories, or items with a history of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.model.attention import Attention, ages

HISTORIES = [[3, 1, 4], [1], [5, 0, 2, 6, 1, 3]]
SMALL: dict[str, Any] = {"embedding_size": 6, "dropout": 0.0, "max_length": 4}


@pytest.mark.parametrize("block", ["sasrec", "bsarec", "wearec", "hstu"])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_item_is_predicted_from_a_history_of_its_own(block: Any, weighted: bool) -> None:
    times = [5, 9, 700, 8, 1, 2, 3_000, 9_000, 9_000, 80_000]
    split = split_of(HISTORIES, times)
    if weighted:
        weight = np.arange(1, 11, dtype=np.float32)
        split = replace(split, train=replace(split.train, weight=weight))
    tf.keras.utils.set_random_seed(5)
    model = Attention(block=block, targets="last", loss="softmax", **SMALL)
    model._build(split.catalogue)
    if block == "hstu":
        for part in model.encoder.blocks:
            part.by_time.assign(np.random.default_rng(3).normal(size=129))
    examples = tf.range(model.prepare(split), dtype=tf.int64)
    # of the newest max_length + 1 items, each but the first; the second history has none
    prefixes = [[3], [3, 1], [0], [0, 2], [0, 2, 6], [0, 2, 6, 1]]
    targets = [1, 4, 2, 6, 1, 3]
    histories = split_of(prefixes, [5, 5, 9, 2, 2, 3_000, *times[5:8], *times[5:9]]).train
    scores = tf.constant(model.score(histories))
    expected = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores).numpy()
    if weighted:
        weights = np.array([2, 3, 7, 8, 9, 10])
        expected = expected * weights / weights.mean()
    losses = model.losses(examples, tf.constant(0.0)).numpy()
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    assert model.losses(examples[4:5], tf.constant(0.0)).shape == (1,)


def test_filters_read_both_ways_only_where_no_later_item_is_a_target() -> None:
    items = tf.ragged.constant([[5, 0, 2, 6], [5, 0, 2, 3]], tf.int32, row_splits_dtype=tf.int64)
    for targets, causal in (("every", True), ("last", False)):
        model = Attention(block="bsarec", cutoff=1, targets=targets, **SMALL)
        model._build(split_of(HISTORIES).catalogue)
        states = model.item_states(items, newest=False).numpy().reshape(2, 4, 6)
        assert np.allclose(states[0, :3], states[1, :3], atol=1e-6) == causal


def test_ages_are_times_to_the_newest_item() -> None:
    times = [1_400_000_000, 1_500_000_000, 1_500_000_007, 4, 9, 9, 9, 9, 9, 40]
    expected = [100_000_007, 7, 0, 0, 31, 31, 31, 31, 31, 0]
    assert ages(split_of(HISTORIES, times).train) == pytest.approx(expected, abs=8)
    assert np.isnan(ages(Histories.of(HISTORIES))).all()
    assert ages(Histories.of([[], []])).shape == (0,)


def test_times_that_were_learnt_matter_and_stop_an_export() -> None:
    model = Attention(block="hstu", **SMALL)
    model._build(split_of(HISTORIES).catalogue)
    near, far = (split_of([[3, 1, 4]], [0, last, last]).train for last in (10, 1_000_000))
    unknown = Histories.of([[3, 1, 4]])
    assert np.array_equal(model.score(near), model.score(far))
    model.export_scorer()
    model.encoder.blocks[0].by_time.assign(np.linspace(-1, 1, 129))
    assert not np.allclose(model.score(near), model.score(far))
    assert np.isfinite(model.score(unknown)).all()
    with pytest.raises(DataError, match=r"model\.times=false"):
        model.export_scorer()
    model = Attention(block="hstu", times=False, **SMALL)
    model._build(split_of(HISTORIES).catalogue)
    model.encoder.blocks[0].by_time.assign(np.linspace(-1, 1, 129))
    assert np.array_equal(model.score(near), model.score(far))
    model.export_scorer()
