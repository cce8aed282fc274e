"""Item vectors in models: added to embeddings, or where those start."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from helpers.cli import SilentCallback
from helpers.composing import checked, composed
from omegaconf import DictConfig, OmegaConf

from lrec.commands.settings import RunSettings
from lrec.data.feature import with_vectors
from lrec.model.common import saving
from lrec.model.layers.embedding import EmbeddingBag, ItemEmbedding, plain_bags

pytestmark = pytest.mark.usefixtures("eagerly")

MODELS = ("dense", "vae", "attention", "bert4rec")
SMALL = {
    "dense": ["model.embedding_size=8", "model.hidden_sizes=[8]"],
    "vae": ["model.hidden_sizes=[8]", "model.latent_size=4"],
    "attention": ["model.embedding_size=8"],
    "bert4rec": ["model.embedding_size=8"],
}


def config_on(tiny: Path, *overrides: str) -> DictConfig:
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "schedule.epochs=2")
    return composed(*data, *overrides)


def started(tiny: Path, *overrides: str) -> RunSettings:
    parts = checked(config_on(tiny, *overrides))
    parts.strategy.start()
    return parts


def test_additional_vectors_start_without_a_say_and_get_one() -> None:
    vectors = np.eye(3, 2, dtype=np.float32)
    layer = ItemEmbedding(4, 5, vectors=vectors)
    np.testing.assert_array_equal(layer.table(), layer.embeddings)
    kernel = np.arange(10, dtype=np.float32).reshape(2, 5)
    layer.projection.assign(kernel)
    expected = np.array(layer.embeddings)
    expected[:2] += kernel
    np.testing.assert_allclose(layer(np.array([[0, 3]])), expected[[[0, 3]]], rtol=1e-6)


@pytest.mark.parametrize("plain", [False, True])
def test_additional_vectors_are_made_of_the_rows_asked_for_only(
    plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(9, 4)).astype(np.float32)
    kernel = generator.normal(size=(4, 3)).astype(np.float32)
    rows = tf.ragged.constant([[3, 9, 3], [], [0, 8]], dtype=tf.int32)
    weights = generator.uniform(size=5).astype(np.float32)
    for kind in (ItemEmbedding, EmbeddingBag):
        layer = kind(10, 3, vectors=vectors)
        layer.projection.assign(kernel)
        weighed = [] if kind is ItemEmbedding else [weights]
        items = rows.values if kind is ItemEmbedding else rows
        table = np.array(layer.table())
        monkeypatch.setattr(layer, "table", None)  # the whole table is not made

        @tf.function
        def learn(layer: Any, *arguments: Any) -> tuple[Any, list[Any]]:
            with tf.GradientTape() as tape:
                embedded = layer(*arguments)
                loss = tf.reduce_sum(embedded**2)
            gradients = tape.gradient(loss, layer.trainable_weights)
            return embedded, [tf.convert_to_tensor(gradient) for gradient in gradients]

        with plain_bags([layer]) if plain else nullcontext():
            embedded, gradients = learn(layer, items, *weighed)
        bag = np.eye(5, dtype=np.float32)
        if weighed:
            bag = np.zeros((3, 5), np.float32)
            bag[[0, 0, 0, 2, 2], range(5)] = weights
        spread = bag @ np.eye(10, dtype=np.float32)[rows.values]  # a row's share of each item
        np.testing.assert_allclose(embedded, spread @ table, rtol=1e-5, atol=1e-6)
        upstream = spread.T @ (2 * spread @ table)
        padded = np.pad(vectors, [(0, 1), (0, 0)])
        for received, expected in zip(gradients, (upstream, padded.T @ upstream), strict=True):
            np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)


def test_initial_vectors_keep_their_geometry_and_the_usual_spread() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(50, 6)).astype(np.float32)
    vectors[7] = 0
    layer = EmbeddingBag(51, 8, vectors=vectors, use="initial")
    table = np.array(layer.embeddings)
    present = np.arange(50) != 7
    gram = table[:50][present][:, :6] @ table[:50][present][:, :6].T
    wanted = vectors[present] @ vectors[present].T
    np.testing.assert_allclose(gram / gram[0, 0], wanted / wanted[0, 0], atol=1e-4)
    assert table[[7, 50]].any()  # those without a vector start by chance
    assert 0.5 < table.std() / np.sqrt(2 / 59) < 2


QUICK = [("dense", "additional"), ("vae", "initial")]  # the others are slow


@pytest.mark.parametrize(
    ("model", "use"),
    [
        pytest.param(model, use, marks=() if (model, use) in QUICK else pytest.mark.slow)
        for model in MODELS
        for use in ("additional", "initial")
    ],
)
def test_models_learn_with_vectors_and_load_again(
    tiny: Path, tmp_path: Path, model: str, use: str
) -> None:
    overrides = [f"model={model}", f"model.item_vectors={use}", *SMALL[model]]
    plain = started(tiny, *overrides)
    helped = started(tiny, "feature=cooccurrence", "feature.cooccurrence.size=6", *overrides)
    split = plain.split(plain.dataset.load())
    for parts in (plain, helped):
        featured = with_vectors(split, parts.feature)
        parts.model.fit(featured, parts.schedule, parts.strategy, 1, SilentCallback())
    history = split.test.history
    scores = helped.model.score(history)
    assert np.isfinite(scores).all()
    assert not np.array_equal(scores, plain.model.score(history))
    node = OmegaConf.to_container(config_on(tiny, *overrides).model, resolve=True)
    assert isinstance(node, dict)
    saving.save(tmp_path, helped.model, {str(key): value for key, value in node.items()})
    assert np.array_equal(saving.load(tmp_path).score(history), scores)
