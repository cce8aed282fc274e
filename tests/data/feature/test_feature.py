"""Vectors of several features, standardised and side by side."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.splits import described

from lrec.base.errors import DataError
from lrec.data.feature import Feature, standardised, with_vectors
from lrec.data.feature.cooccurrence import Cooccurrence
from lrec.data.feature.genres import Genres
from lrec.data.feature.none import NoFeature
from lrec.data.feature.titles import Titles
from lrec.data.queries import Split


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


def test_what_the_data_lacks_is_named(split: Split) -> None:
    for feature in (Genres(), Titles()):
        with pytest.raises(DataError, match=r"dataset\.items_path"):
            feature(split)
    with pytest.raises(DataError, match="no word that two titles share"):
        Titles()(described(split, titles=np.array([""] * split.catalogue.n_items)))
