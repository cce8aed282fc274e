"""CFGAN: its masks, its draws, and its losses against plain formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from helpers.networks import N_ITEMS, built

from lrec.data.histories import Histories
from lrec.model.gan import GAN

pytestmark = pytest.mark.usefixtures("eagerly")


def test_gan_takes_histories_as_sets_and_draws_from_outside() -> None:
    model = GAN((8,), (6,))
    built(model)
    items = tf.ragged.constant([[1, 3, 3], [0]], tf.int32).with_row_splits_dtype(tf.int64)
    real = model._multi_hot(items).numpy()
    assert real.tolist() == [[float(i in row) for i in range(N_ITEMS)] for row in ([1, 3], [0])]
    outside = model._outside(tf.constant(real), 0.5).numpy()
    assert not (outside * real).any()
    assert model._outside(tf.constant(real), 1.0).numpy().sum() == 2 * N_ITEMS - 3
    assert not model._outside(tf.constant(real), 0.0).numpy().any()


@pytest.mark.parametrize("noise_size", [0, 5])
def test_gan_draws_differ_only_with_noise(noise_size: int) -> None:
    model = GAN((8,), (6,), noise_size=noise_size)
    built(model)
    histories = Histories.of([[1, 3], [0], []])
    scores, first, second = model.score(histories), model.draw(histories), model.draw(histories)
    assert np.array_equal(first, second) == (noise_size == 0)
    assert np.allclose(first, scores) == (noise_size == 0)


def test_gan_losses_are_the_papers() -> None:
    model = GAN(
        (4,), (3,), dropout=0, zero_share=1, mask_ratio=99, zero_weight=0.5, regularisation=0.1
    )
    built(model)
    users = np.arange(3)
    items = tf.gather(model.histories, users)
    real = np.array(model._multi_hot(items))
    weights = np.array(model.bag.embeddings), np.array(model.preferences.kernel)
    scaled = real / np.sqrt(real.sum(axis=1, keepdims=True))
    hidden = np.tanh(scaled @ weights[0] + np.array(model.bag.bias))
    made = hidden @ weights[1] + np.array(model.preferences.bias)

    def discriminated(vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        hidden = scaled @ np.array(model.condition.embeddings)
        hidden += vectors @ np.array(model.vector.kernel) + np.array(model.vector.bias)
        last = model.discriminator_logit
        logits = np.tanh(hidden) @ np.array(last.kernel) + np.array(last.bias)
        return np.asarray(1 / (1 + np.exp(-logits[:, 0])))

    size = 0.1 * sum((table**2).sum() / 2 for table in weights)
    zero = 0.5 * ((made * (1 - real)) ** 2).sum(axis=1)
    expected = -np.log(discriminated(made)) + zero + size
    np.testing.assert_allclose(model.losses(users, 0), expected, rtol=1e-4)
    expected = -np.log(discriminated(real)) - np.log(1 - discriminated(made))
    np.testing.assert_allclose(model._discriminator_losses(users, 0), expected, rtol=1e-4)


def test_gan_draws_by_the_layers_it_has_after_another_fit() -> None:
    model = GAN((8,), (6,))
    histories = Histories.of([[1, 3], [0]])
    for _ in range(2):
        built(model)
        np.testing.assert_allclose(model.draw(histories), model.score(histories), atol=1e-6)
        model.preferences.kernel.assign(model.preferences.kernel * 2)
        np.testing.assert_allclose(model.draw(histories), model.score(histories), atol=1e-6)
