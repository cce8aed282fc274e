"""Transformers over flat tokens, and the losses of next-item prediction, against plain formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.model.attention import Attention as Recommender
from lrec.model.bert4rec import BERT4Rec
from lrec.model.common.losses import NextItemLoss
from lrec.model.layers.layout import Layout
from lrec.model.layers.random_numbers import RandomStream
from lrec.model.layers.transformer import Encoder, MultiHeadAttention

HISTORIES = [[3, 1, 4], [], [1], [5, 0, 2, 6, 1]]
SIZE = 6
N_ITEMS = 7


def catalogue(popularity: list[int]) -> Catalogue:
    counts = np.array(popularity)
    return Catalogue(np.arange(len(counts)).astype(str), counts, counts, int(counts.sum()))


def ragged() -> tf.RaggedTensor:
    return tf.ragged.constant(HISTORIES, tf.int32, row_splits_dtype=tf.int64)


def tokens(layout: Layout, seed: int = 0) -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(int(layout.row.shape[0]), SIZE)).astype(np.float32)


def rows(flat: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    edges = np.cumsum([len(row) for row in HISTORIES])[:-1]
    return np.split(flat, edges)


def test_layout_says_where_each_token_stands() -> None:
    layout = Layout.of(ragged())
    flat = tokens(layout)
    assert layout.place.numpy().tolist() == [0, 1, 2, 0, 0, 1, 2, 3, 4]
    assert layout.from_end.numpy().tolist() == [2, 1, 0, 0, 4, 3, 2, 1, 0]
    padded = layout.pad(flat).numpy()
    assert padded.shape == (4, 5, SIZE)
    for row, values in enumerate(rows(flat)):
        assert np.array_equal(padded[row, : len(values)], values)
        assert not padded[row, len(values) :].any()
    assert np.array_equal(layout.flatten(padded), flat)
    last = layout.last(flat).numpy()
    assert np.array_equal(last[[0, 2, 3]], flat[[2, 3, 8]])
    assert not last[1].any()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_the_textbook_formula(causal: bool, heads: int) -> None:
    tf.keras.utils.set_random_seed(0)
    layout = Layout.of(ragged())
    flat = tokens(layout)
    layer = MultiHeadAttention(SIZE, heads, 0.5, causal)
    found = layer(flat, flat, layout=layout, newest=False, training=False).numpy()
    q, k, v = (part(flat).numpy() for part in (layer.query, layer.key, layer.value))
    width = SIZE // heads
    expected = []
    for query, key, value in zip(rows(q), rows(k), rows(v), strict=True):
        for place in range(len(query)):
            seen = slice(0, place + 1 if causal else len(query))
            heard = []
            for head in range(heads):
                part = slice(head * width, (head + 1) * width)
                logits = key[seen, part] @ query[place, part] / math.sqrt(width)
                weights = np.exp(logits) / np.exp(logits).sum()
                heard.append(weights @ value[seen, part])
            expected.append(np.concatenate(heard))
    np.testing.assert_allclose(found, layer.out(np.array(expected)), atol=1e-5)


@pytest.mark.parametrize("kind", ["sasrec", "ligr", "pre_norm"])
@pytest.mark.parametrize("causal", [True, False])
def test_only_the_newest_state_is_the_same_as_the_last_of_all(kind: str, causal: bool) -> None:
    tf.keras.utils.set_random_seed(0)
    layout = Layout.of(ragged())
    flat = tokens(layout)
    encoder = Encoder(SIZE, 2, 2, 2, 0.3, kind, 5, causal)
    everything = encoder(flat, layout=layout, newest=False, training=False)
    newest = encoder(flat, layout=layout, newest=True, training=False).numpy()
    some = [0, 2, 3]
    np.testing.assert_allclose(newest[some], layout.last(everything).numpy()[some], atol=1e-5)


@pytest.mark.parametrize("kind", ["sasrec", "ligr", "pre_norm"])
@pytest.mark.parametrize("causal", [True, False])
def test_causal_states_know_nothing_of_later_items(kind: str, causal: bool) -> None:
    tf.keras.utils.set_random_seed(0)
    layout = Layout.of(ragged())
    flat = tokens(layout)
    encoder = Encoder(SIZE, 2, 1, 2, 0.0, kind, 5, causal)
    before = encoder(flat, layout=layout, training=False).numpy()
    flat[8] *= -1  # the last item of the last history
    after = encoder(flat, layout=layout, training=False).numpy()
    assert not np.allclose(before[8], after[8])
    assert np.allclose(before[:4], after[:4], atol=1e-6)  # another history never matters
    assert np.allclose(before[4:8], after[4:8], atol=1e-6) == causal


class Fixed(NextItemLoss):
    """Draws what it is told to."""

    drawn: Any

    def _draw(self, n: Any, draws: Any) -> Any:
        return tf.constant(self.drawn, tf.int32)


def loss_of(name: Any, drawn: Any, logq: bool = False) -> tuple[list[float], Any, list[int]]:
    generator = np.random.default_rng(1)
    states = generator.normal(size=(3, 4)).astype(np.float32)
    table = generator.normal(size=(N_ITEMS, 4)).astype(np.float32)
    targets = [2, 5, 0]
    shared = np.ndim(drawn) == 1
    loss = Fixed(name, np.shape(drawn)[-1], shared, "popularity", logq, 0.75)
    loss.drawn = drawn
    loss.prepare(catalogue([1, 2, 3, 4, 5, 6, 7]))
    found = loss(tf.constant(states), tf.constant(table), tf.constant(targets), RandomStream())
    return [float(x) for x in found], states @ table.T, targets


DRAWN = {"shared": [1, 2, 6], "own": [[1, 2, 6], [5, 3, 3], [4, 4, 1]]}


def negatives_of(drawn: Any, row: int, target: int) -> list[int]:
    mine = drawn if np.ndim(drawn) == 1 else drawn[row]
    return [item for item in mine if item != target]


def test_softmax_is_over_the_catalogue() -> None:
    found, scores, targets = loss_of("softmax", [0])
    for value, row, target in zip(found, scores, targets, strict=True):
        assert value == pytest.approx(
            -math.log(math.exp(row[target]) / np.exp(row).sum()), rel=1e-5
        )


@pytest.mark.parametrize("logq", [False, True])
@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_sampled_softmax_is_over_the_target_and_the_negatives(drawn: Any, logq: bool) -> None:
    found, scores, targets = loss_of("sampled_softmax", drawn, logq)
    chance = np.arange(1, 8) / 28
    if logq:
        scores = scores - np.log(chance)
    for place, (value, target) in enumerate(zip(found, targets, strict=True)):
        items = [target, *negatives_of(drawn, place, target)]
        total = sum(math.exp(scores[place][item]) for item in items)
        assert value == pytest.approx(math.log(total) - scores[place][target], rel=1e-5)


@pytest.mark.parametrize("name", ["bce", "gbce"])
@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_binary_losses(name: str, drawn: Any) -> None:
    found, scores, targets = loss_of(name, drawn)
    alpha = 3 / (N_ITEMS - 1)
    beta = alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha) if name == "gbce" else 1.0

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    for place, (value, target) in enumerate(zip(found, targets, strict=True)):
        expected = -math.log(sigmoid(scores[place][target]) ** beta)
        for item in negatives_of(drawn, place, target):
            expected -= math.log(1 - sigmoid(scores[place][item]))
        assert value == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sampling", ["uniform", "popularity"])
@pytest.mark.parametrize("shared", [True, False])
def test_negatives_are_drawn_as_often_as_asked(sampling: Any, shared: bool) -> None:
    tf.keras.utils.set_random_seed(3)
    popularity = [1, 2, 4, 8]
    loss = NextItemLoss("bce", 5000, shared, sampling, False, 0.0)
    loss.prepare(catalogue(popularity))
    drawn = loss._draw(tf.constant(4), RandomStream()).numpy()
    assert drawn.shape == ((5000,) if shared else (4, 5000))
    share = np.bincount(drawn.ravel(), minlength=4) / drawn.size
    expected = np.array(popularity) / 15 if sampling == "popularity" else np.full(4, 0.25)
    np.testing.assert_allclose(share, expected, atol=0.03)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((0, 0.5), "negatives"), ((1, 1.5), "calibration"), ((1, -1), "0 to 1")],
)
def test_losses_refuse_what_makes_no_sense(arguments: tuple[int, float], words: str) -> None:
    negatives, calibration = arguments
    with pytest.raises(ValueError, match=rf"{words}.*Received"):
        NextItemLoss("gbce", negatives, True, "uniform", False, calibration)


def test_cloze_hides_something_of_every_history_and_the_newest_alone_of_some() -> None:
    tf.keras.utils.set_random_seed(0)
    model = BERT4Rec(hidden_share=0.3)
    model.draws = RandomStream()
    lengths = [1, 2, 10, 10] * 300
    histories = tf.RaggedTensor.from_row_lengths(
        tf.concat([tf.range(n) for n in lengths], 0), tf.constant(lengths, tf.int64)
    )
    marks = np.split(model._hide(histories).numpy(), np.cumsum(lengths)[:-1])
    assert all(row.any() for row in marks)
    alone = [row.tolist() == [False] * 9 + [True] for row in marks[3::4]]
    assert 0.05 < np.mean(alone) < 0.2
    shares = [row.mean() for row in marks[2::4]]
    assert np.mean(shares) == pytest.approx(0.9 * 0.3 + 0.1 * 0.1, abs=0.05)


def test_newest_entries_of_histories() -> None:
    histories = Histories.of(HISTORIES)
    assert histories.newest(5) is histories
    newest = histories.newest(2)
    assert newest.item.tolist() == [1, 4, 1, 6, 1]
    assert newest.lengths.tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize("temperature", [None, 0.1])
def test_scores_are_inner_products_or_cosines_over_the_temperature(
    temperature: float | None,
) -> None:
    model = Recommender(embedding_size=SIZE, temperature=temperature)
    model._build(catalogue([1] * N_ITEMS))
    histories = Histories.of(HISTORIES)
    scores = model.score(histories)
    items = tf.ragged.constant(HISTORIES, tf.int32, row_splits_dtype=tf.int64)
    states = model.item_states(items, newest=True, training=False).numpy()
    table = np.array(model.embedding.embeddings)
    if temperature is not None:
        lengths = np.linalg.norm(states, axis=1, keepdims=True)
        states /= np.maximum(lengths, 1e-9) * temperature  # of nobody it is 0
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        assert np.abs(scores).max() <= 1 / temperature + 1e-4
    filled = [0, 2, 3]
    np.testing.assert_allclose(scores[filled], states[filled] @ table.T, atol=1e-5)
    assert not scores[1].any()
