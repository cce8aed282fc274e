"""Weights of Keras layers as named arrays, in the order of the layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrec.base.arrays import Array, Arrays
from lrec.model import Pretrained


def layer_weights(layers: Sequence[Any]) -> list[Any]:
    """The weights of all layers, in order."""
    return [weight for layer in layers for weight in layer.weights]


def arrays_of(weights: Sequence[Any]) -> Arrays:
    """Weights as arrays, each named by its index and its path in its layer."""
    return {
        f"{index:02d}/{weight.path}": np.asarray(weight) for index, weight in enumerate(weights)
    }


def in_order(state: Arrays) -> list[Array]:
    """Stored weights by the number that each name begins with."""
    return [state[name] for name in sorted(state, key=lambda name: int(name.partition("/")[0]))]


def restore_weights(weights: Sequence[Any], state: Arrays, name: str) -> None:
    """Set weights to what `arrays_of` gave.

    Args:
        name: of the model, for the message.

    Raises:
        ValueError: the shapes differ.
    """
    stored = in_order(state)
    if [tuple(weight.shape) for weight in weights] != [array.shape for array in stored]:
        raise ValueError(
            f"the stored weights do not fit this {name} model. "
            f"Received: {[array.shape for array in stored]}"
        )
    for weight, array in zip(weights, stored, strict=True):
        weight.assign(array)


def warm_start_weights(weights: Sequence[Any], pretrained: Pretrained, n_items: int) -> None:
    """Set weights to pretrained ones; those of items that are new stay as they are.

    Weights that are shrunk first generalise as if they were trained anew (Ash and Adams 2020,
    "On warm-starting neural network training"; without the noise that they add). Those that do not
    train are not shrunk.

    Args:
        n_items: size of the catalogue, of which the pretrained one is the beginning.
    """
    stored = in_order(pretrained.state)
    for weight, array in zip(weights, stored, strict=True):
        factor = pretrained.shrink if weight.trainable else 1.0
        shrunk = (factor * array).astype(array.dtype)
        expanded = expand(np.array(weight), shrunk, pretrained.catalogue.n_items, n_items)
        weight.assign(expanded)


def expand(fresh: Array, stored: Array, old: int, new: int) -> Array:
    """Weights of an older model at the indices of one with a larger catalogue.

    An axis that has grown as much as the catalogue has an entry for each item, and perhaps some
    for others behind them, such as a mask.

    Args:
        fresh: weights of the new model: where there is nothing stored, they stay.
        stored: weights of the old one.
        old, new: sizes of the catalogues.
    """
    indices = []
    for size, larger in zip(stored.shape, fresh.shape, strict=True):
        index = np.arange(size)
        if larger != size:
            index[old:] += new - old
        indices.append(index)
    fresh[np.ix_(*indices)] = stored
    return fresh
