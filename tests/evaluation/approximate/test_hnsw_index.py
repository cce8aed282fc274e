"""The index finds the highest inner products, whatever the vectors' lengths; refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.baskets import BASKETS, fitted, split_of
from helpers.bench import Bench

from lrec.base.errors import ConfigError
from lrec.evaluation.approximate import hnsw_index
from lrec.evaluation.approximate.hnsw_index import (
    HnswIndex,
    check_retrieval,
    index_of,
    without_vectors,
)
from lrec.evaluation.recommender import Recommender
from lrec.model.common.factorised_scores import FactorisedScores, with_column
from lrec.model.itemknn import ItemKNN


def scores_of(n_items: int) -> FactorisedScores:
    """Vectors of different lengths, the longest about ten times the median, and a bias."""
    draw = np.random.default_rng(2)
    vectors = draw.normal(size=(n_items, 8)) * draw.lognormal(0, 0.6, (n_items, 1))
    items = with_column(vectors.astype(np.float32), draw.normal(size=n_items))
    return FactorisedScores(items, lambda histories: np.zeros((len(histories), 9), np.float32))


def test_nearly_all_of_the_highest_inner_products_are_found() -> None:
    pytest.importorskip("voyager")
    scores = scores_of(3000)
    index = HnswIndex(scores)
    assert len(index) == 3000
    assert index.seconds > 0
    queries = with_column(np.random.default_rng(3).normal(size=(50, 8)), 1.0)
    found = index.search(queries, 20)
    assert found is not None
    assert found.shape == (50, 20)
    products = queries @ scores.items.T
    wanted = np.argsort(-products, axis=1)[:, :20]
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(wanted, found, strict=True)])
    assert recall > 0.9  # of unrelated vectors, the hardest case
    assert (np.diff(np.take_along_axis(products, found, 1), axis=1) < 1e-3).all()
    everything = index.search(queries[:2], 3000)
    assert everything is None or np.array_equal(np.sort(everything), [np.arange(3000)] * 2)


def test_threads_that_build_an_index_keep_each_item_in_its_place() -> None:
    pytest.importorskip("voyager")
    scores = scores_of(3000)
    queries = with_column(np.random.default_rng(3).normal(size=(20, 8)), 1.0)
    products = queries @ scores.items.T
    for _ in range(20):  # one in fifteen had items in others' places
        found = HnswIndex(scores).search(queries, 20)
        assert found is not None
        assert (np.diff(np.take_along_axis(products, found, 1), axis=1) < 1e-3).all()


def test_too_few_found_is_none() -> None:
    voyager = pytest.importorskip("voyager")
    index = HnswIndex(scores_of(50))

    class Short:
        def query(self, *_: object, **__: object) -> None:
            raise voyager.RecallError("Fewer than expected results were retrieved")

    index._index = Short()
    assert index.search(np.ones((1, 9), np.float32), 3) is None


def test_model_without_vectors_has_no_index() -> None:
    model = fitted(ItemKNN(), split_of(BASKETS))
    assert index_of(model) is None
    assert "model=itemknn are no inner products" in without_vectors(model)


def test_wrong_retrieval_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"^retrieval must be exact or hnsw. Received: faiss$"):
        check_retrieval("faiss")
    check_retrieval("exact")
    monkeypatch.setattr(hnsw_index, "find_spec", lambda name: None)
    check_retrieval("exact")
    with pytest.raises(ConfigError, match=r"is not installed: pip install 'lrec\[hnsw\]'$"):
        check_retrieval("hnsw")


@pytest.fixture(scope="module")
def folders(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved models by name."""
    return {
        name: Bench((f"model={name}",), tiny).save(tmp_path_factory.mktemp(name))
        for name in ("ials", "itemknn")
    }


def test_recommender_searches_and_says_how_well(folders: dict[str, Path]) -> None:
    pytest.importorskip("voyager")
    searching, exact = Recommender(folders["ials"], "hnsw"), Recommender(folders["ials"])
    about = searching.about_retrieval
    assert about is not None
    assert "recall@16 1.000 against the exact lists of 200 users" in about
    assert exact.about_retrieval is None
    frame = pd.DataFrame({"history": [["thing-00"], ["thing-02", "thing-04"], []]})
    frame["exclude"] = [None, ["thing-06"], ["thing-06"]]
    for k in (3, 10, 1000):
        found, wanted = (one.predict(frame, {"k": k}) for one in (searching, exact))
        assert found["items"].tolist() == wanted["items"].tolist()
        assert found["personalised"].tolist() == [True, True, False]


def test_recommender_says_why_lists_are_exact(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hnsw_index, "find_spec", lambda name: True)
    about = Recommender(folders["itemknn"], "hnsw").about_retrieval
    assert about == without_vectors(Recommender(folders["itemknn"]).model)
