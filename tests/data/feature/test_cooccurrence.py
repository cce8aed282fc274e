"""Items by the graph of common users."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.data.feature.cooccurrence import Cooccurrence
from lrec.data.queries import Split


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
    vectors = Cooccurrence(6)(split)
    np.testing.assert_allclose(vectors @ vectors.T, leading @ leading.T, atol=1e-3)
