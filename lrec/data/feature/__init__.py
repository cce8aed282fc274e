"""Item vectors, for models to start from or to add to their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.config.component import Component
from lrec.data.queries import Split


class Feature(Component, ABC):
    """A source of item vectors."""

    @abstractmethod
    def __call__(self, split: Split) -> Floats:
        """Vectors of the catalogue's items, `(n_items, width)`; zeros for items without one.

        Only features of the items and training interactions may be used.

        Raises:
            DataError: the data or the file lacks what the vectors are made of.
        """

    def check(self) -> None:
        """Refuse what can be seen to be unusable without the data.

        Raises:
            DataError: a file cannot be read, or is no file of vectors.
        """
        return


def with_vectors(split: Split, features: Mapping[str, Feature]) -> Split:
    """The split with its items' vectors: those of all features, side by side.

    The vectors of a feature are centred and scaled to a mean squared length of 1, so that none
    drowns the others; items without a vector stay at zero.
    """
    parts = [standardised(feature(split)) for feature in features.values()]
    vectors = np.concatenate(parts, axis=1)
    if not vectors.size:
        return split
    content = replace(split.catalogue.features, vectors=vectors)
    return replace(split, catalogue=replace(split.catalogue, features=content))


def standardised(vectors: Floats) -> Floats:
    """Rows that are not zero, centred, with a mean squared length of 1; float32."""
    present = vectors.any(axis=1)
    result = np.zeros(vectors.shape, np.float32)
    if present.any():
        centred = vectors[present] - vectors[present].mean(axis=0)
        length = np.sqrt((centred**2).sum(axis=1).mean())
        result[present] = centred / length if length > 0 else 0.0
    return result
