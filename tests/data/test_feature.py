"""Item vectors: where they come from, and what models make of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from helpers.cli import SilentCallback
from helpers.composing import checked, composed
from omegaconf import DictConfig, OmegaConf

from lrec.base.errors import DataError
from lrec.commands.settings import RunSettings
from lrec.data.feature import Feature, standardised, with_vectors
from lrec.data.feature.cooccurrence import Cooccurrence
from lrec.data.feature.genres import Genres
from lrec.data.feature.none import NoFeature
from lrec.data.feature.titles import Titles
from lrec.data.feature.vectors import Vectors
from lrec.data.interactions import ItemFeatures
from lrec.data.queries import Split
from lrec.model.common import saving
from lrec.model.layers.embedding import EmbeddingBag, ItemEmbedding, plain_bags

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


@pytest.fixture(scope="module")
def split(tiny: Path) -> Split:
    parts = started(tiny)
    return parts.split(parts.dataset.load())


def described(split: Split, **features: Any) -> Split:
    catalogue = replace(split.catalogue, features=ItemFeatures(**features))
    return replace(split, catalogue=catalogue)


def test_none_leaves_the_split_alone(split: Split) -> None:
    assert with_vectors(split, {"none": NoFeature()}) is split


def test_standardised_rows_are_centred_with_mean_squared_length_one() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 0.0], [5.0, 2.0], [0.0, 4.0]])
    result = standardised(rows)
    assert result.dtype == np.float32
    assert (result[1] == 0).all()
    np.testing.assert_allclose(result[[0, 2, 3]].mean(axis=0), 0, atol=1e-6)
    assert (result**2).sum() / 3 == pytest.approx(1)


def test_features_stand_side_by_side(split: Split) -> None:
    n = split.catalogue.n_items
    genres = np.eye(n, 3, dtype=np.float32)
    data = described(split, genres=genres, genre_names=("a", "b", "c"))
    features: dict[str, Feature] = {"genres": Genres(), "cooccurrence": Cooccurrence(5)}
    vectors = with_vectors(data, features).catalogue.features.vectors
    assert vectors is not None
    assert vectors.shape == (n, 8)
    np.testing.assert_allclose(vectors[:, :3], standardised(genres), atol=1e-6)


def test_genres_of_an_item_have_length_one(split: Split) -> None:
    genres = np.zeros((split.catalogue.n_items, 4), np.float32)
    genres[0] = [1, 1, 1, 1]
    genres[1] = [0, 1, 0, 0]
    rows = Genres()(described(split, genres=genres, genre_names=tuple("abcd")))
    assert rows[0].tolist() == [0.5] * 4
    assert rows[1].tolist() == [0, 1, 0, 0]
    assert not rows[2:].any()


def test_titles_that_share_words_are_near(split: Split) -> None:
    n = split.catalogue.n_items
    titles = np.array([f"the {'star wars' if i % 2 else 'love story'} {i // 4}" for i in range(n)])
    rows = Titles(3)(described(split, titles=titles))
    assert rows.shape == (n, 3)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    nearness = unit @ unit.T
    assert nearness[0, 2] > nearness[0, 1]
    assert nearness[1, 3] > nearness[1, 0]


def test_cooccurrence_is_the_spectral_embedding_of_the_graph(split: Split) -> None:
    n = split.catalogue.n_items
    users = np.zeros((len(split.train), n))
    users[split.train.row, split.train.item] = 1
    graph = users.T @ (users / users.sum(axis=1, keepdims=True))
    degree = graph.sum(axis=1)
    values, axes = np.linalg.eigh(graph / np.sqrt(np.outer(degree, degree)))
    assert values[-1] == pytest.approx(1)
    leading = axes[:, ::-1][:, :6]
    leading /= np.linalg.norm(leading, axis=1, keepdims=True)
    found = Cooccurrence(6)(split)
    np.testing.assert_allclose(found @ found.T, leading @ leading.T, atol=1e-3)


def test_what_the_data_lacks_is_named(split: Split) -> None:
    for feature in (Genres(), Titles()):
        with pytest.raises(DataError, match=r"dataset\.items_path"):
            feature(split)
    with pytest.raises(DataError, match="no word that two titles share"):
        Titles()(described(split, titles=np.array([""] * split.catalogue.n_items)))


Writer = Callable[[Path, np.ndarray[Any, Any], np.ndarray[Any, Any]], Path]


def as_columns(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "columns.parquet"
    pd.DataFrame(rows, columns=["x", "y"]).assign(item_id=ids).to_parquet(path)
    return path


def as_lists(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "lists.parquet"
    pd.DataFrame({"item_id": ids, "vector": list(rows)}).to_parquet(path)
    return path


def as_text(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "columns.csv"
    pd.DataFrame(rows, columns=["x", "y"]).assign(item_id=ids).to_csv(path, index=False)
    return path


def as_fields(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "fields.npy"
    array = np.zeros(len(ids), [("item_id", ids.dtype), ("vector", np.float32, 2)])
    array["item_id"], array["vector"] = ids, rows
    np.save(path, array)
    return path


@pytest.mark.parametrize("write", [as_columns, as_lists, as_text, as_fields])
def test_vectors_are_found_by_item_id(split: Split, tmp_path: Path, write: Writer) -> None:
    n = split.catalogue.n_items
    ids = np.append(split.catalogue.ids[: n - 1][::-1], "a stranger")
    rows = np.arange(2 * n, dtype=float).reshape(n, 2) + 1
    found = Vectors(str(write(tmp_path, ids, rows)))(split)
    assert found[: n - 1].tolist() == rows[: n - 1][::-1].tolist()
    assert found[n - 1].tolist() == [0, 0]  # no vector is known


def test_row_number_of_a_matrix_is_the_item_id(split: Split, tmp_path: Path) -> None:
    n = split.catalogue.n_items
    numbered = replace(
        split, catalogue=replace(split.catalogue, ids=np.arange(n)[::-1].astype(str))
    )
    np.save(tmp_path / "matrix.npy", np.arange(n, dtype=np.float32)[:, None] + 1)
    found = Vectors(str(tmp_path / "matrix.npy"))(numbered)
    assert found[:, 0].tolist() == list(range(n, 0, -1))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.parquet", None, "is no file"),
        ("three.npy", np.zeros((2, 2, 2)), "must be a matrix of numbers"),
        ("words.npy", np.array([["a"]]), "must be a matrix of numbers"),
        ("pickled.npy", np.array([{}], object), "could not be read as numbers"),
        ("stranger.npy", np.ones((2, 2)), "no vector for any item"),
        ("hole.npy", np.full((2, 2), np.nan), "not finite"),
        ("fields.npy", np.zeros(1, [("a", int), ("b", float)]), "Name the ids"),
        ("nameless.csv", pd.DataFrame({"a": [1], "b": [2]}), "Name it: feature.vectors.item"),
        ("text.csv", pd.DataFrame({"item_id": [1], "b": ["x"]}), "vectors of one length"),
    ],
)
def test_files_that_hold_no_vectors_are_explained(
    split: Split, tmp_path: Path, name: str, content: Any, words: str
) -> None:
    path = tmp_path / name
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, index=False)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(DataError, match=words) as raised:
        Vectors(str(path))(split)
    assert "\n" not in str(raised.value)


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
        monkeypatch.setattr(layer, "table", None)  # nobody makes all of it

        @tf.function
        def learn(layer: Any, *asked: Any) -> tuple[Any, list[Any]]:
            with tf.GradientTape() as tape:
                found = layer(*asked)
                loss = tf.reduce_sum(found**2)
            gradients = tape.gradient(loss, layer.trainable_weights)
            return found, [tf.convert_to_tensor(gradient) for gradient in gradients]

        with plain_bags([layer]) if plain else nullcontext():
            found, gradients = learn(layer, items, *weighed)
        bag = np.eye(5, dtype=np.float32)
        if weighed:
            bag = np.zeros((3, 5), np.float32)
            bag[[0, 0, 0, 2, 2], range(5)] = weights
        spread = bag @ np.eye(10, dtype=np.float32)[rows.values]  # a row's share of each item
        np.testing.assert_allclose(found, spread @ table, rtol=1e-5, atol=1e-6)
        upstream = spread.T @ (2 * spread @ table)
        known = np.pad(vectors, [(0, 1), (0, 0)])
        for received, expected in zip(gradients, (upstream, known.T @ upstream), strict=True):
            np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)


def test_initial_vectors_keep_their_geometry_and_the_usual_spread() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(50, 6)).astype(np.float32)
    vectors[7] = 0
    layer = EmbeddingBag(51, 8, vectors=vectors, use="initial")
    table = np.array(layer.embeddings)
    known = np.arange(50) != 7
    gram = table[:50][known][:, :6] @ table[:50][known][:, :6].T
    wanted = vectors[known] @ vectors[known].T
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
        known = with_vectors(split, parts.feature)
        parts.model.fit(known, parts.schedule, parts.strategy, 1, SilentCallback())
    history = split.test.history
    scores = helped.model.score(history)
    assert np.isfinite(scores).all()
    assert not np.array_equal(scores, plain.model.score(history))
    node = OmegaConf.to_container(config_on(tiny, *overrides).model, resolve=True)
    assert isinstance(node, dict)
    saving.save(tmp_path, helped.model, {str(key): value for key, value in node.items()})
    assert np.array_equal(saving.load(tmp_path).score(history), scores)
