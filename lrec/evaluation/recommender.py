"""Recommender of a saved model: histories of item ids in, ranked item ids out. Thread-safe."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.errors import shown
from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.approximate.approximate_ranker import ApproximateRanker, ranker_of
from lrec.evaluation.approximate.hnsw_index import (
    EXACT,
    HNSW,
    check_retrieval,
    index_of,
    without_vectors,
)
from lrec.evaluation.approximate.search_report import SAMPLE, report_search
from lrec.evaluation.ranking import Ranker
from lrec.evaluation.ranking.user_batches import batches
from lrec.evaluation.requests import RequestBatch
from lrec.model import Model
from lrec.model.common.saving import load

if TYPE_CHECKING:
    import pandas as pd


# Parameters of a request, and their default values.
PARAMS = {"k": 10, "repeat": False}


def example(catalogue: Catalogue) -> dict[str, Any]:
    """An input example of three users: with a history, with filters, without anything."""
    ids = [str(catalogue.ids[i]) for i in np.argsort(-catalogue.popularity, kind="stable")[:5]]
    return {
        "history": [ids[:3], ids[:1], []],
        "exclude": [None, ids[1:2], None],
        "only": [None, ids[1:], None],
    }


class Recommender:
    """A saved model that serves requests from outside, such as `mlflow.pyfunc.load_model` gives.

    Args:
        source: folder where `lrec.model.common.saving` saved the model, or the model itself.
        retrieval: `exact` to rank the whole catalogue, `hnsw` to search it approximately.

    Attributes:
        about_retrieval: recall and latency of an approximate search, or why there is none; None if
            lists are to be exact.

    Raises:
        ConfigError: there is no such retrieval, or it is not installed.
    """

    def __init__(self, source: Path | Model, retrieval: str = EXACT) -> None:
        check_retrieval(retrieval)
        self.model = source if isinstance(source, Model) else load(source)
        self.n_items = self.model.catalogue.n_items
        self.ids = self.model.catalogue.ids[: self.n_items]
        self.codes = {str(item): code for code, item in enumerate(self.ids)}
        self.index = index_of(self.model) if retrieval == HNSW else None
        self._rankers: dict[int, Ranker | ApproximateRanker] = {}
        self._tracing = Lock()
        ranker = self._ranker(PARAMS["k"])  # traced here, or the first request would wait for it
        self.about_retrieval: str | None = None
        if isinstance(ranker, ApproximateRanker):
            self.about_retrieval = f"{report_search(ranker, self._drawn(SAMPLE))} (drawn histories)"
        elif retrieval == HNSW:
            self.about_retrieval = without_vectors(self.model)

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Recommend.

        Args:
            model_input: a row for each user. Column `history`: item ids, oldest first. Optional
                columns, None where they do not apply: `ratings` of the history's items (None where
                there is none; models that predict ratings read them), `exclude`, ids not to
                recommend, and `only`, ids to choose from. Ids outside the model's catalogue are
                ignored.
            params: `k`, the length of the lists; `repeat`, True if items of the history may be
                recommended too.

        Returns:
            A DataFrame of the same length with columns `items` (ids, best first; fewer than k where
            no more are left), `scores`, `personalised` (if False, the items are the most popular
            ones), `ignored` (the number of ids of the history outside the catalogue) and, if the
            catalogue has them, `titles`.

        Raises:
            ValueError: the request is invalid; the message is one line.
        """
        import pandas as pd

        given: dict[str, Any] = {**PARAMS, **(params or {})}
        k = given["k"]
        if not isinstance(k, int | np.integer | None):
            raise ValueError(f"k must be a whole number. Received: {shown(k)}")
        if k is None or k < 1:
            raise ValueError(f"k must be 1 or more. Received: {k}")
        k = min(int(k), self.n_items)
        ranker = self._ranker(k)
        parts = list(batches(len(model_input), self.n_items)) or [np.arange(0)]
        chunks = [
            self._recommend(
                ranker, k, RequestBatch(model_input.iloc[rows], self.codes), given["repeat"]
            )
            for rows in parts
        ]
        return pd.concat(chunks, ignore_index=True)

    def _recommend(
        self, ranker: Ranker | ApproximateRanker, k: int, batch: RequestBatch, repeat: bool
    ) -> pd.DataFrame:
        import pandas as pd

        ranking = ranker(batch.queries(repeat))
        lists = [row[row >= 0] for row in ranking.items[:, :k]]
        scores = [row[: len(items)] for row, items in zip(ranking.scores, lists, strict=True)]
        columns: dict[str, Any] = {
            "items": [self.ids[items].tolist() for items in lists],
            "scores": [row.tolist() for row in scores],
            "personalised": ranking.is_personalised,
            "ignored": batch.ignored,
        }
        titles = self.model.catalogue.features.titles
        if titles is not None:
            columns["titles"] = [titles[items].tolist() for items in lists]
        return pd.DataFrame(columns)

    def _drawn(self, n: int) -> Queries:
        """Queries of made-up users, for a saved model knows no real ones: 1 to 20 popular items."""
        draw = np.random.default_rng(1)
        chance = self.model.catalogue.popularity / self.model.catalogue.popularity.sum()
        rows = [
            draw.choice(self.n_items, length, p=chance) for length in draw.integers(1, 21, size=n)
        ]
        history = Histories.of([unique(row).tolist() for row in rows])
        return Queries(history, history, Histories.of([[]] * n))

    def _ranker(self, k: int) -> Ranker | ApproximateRanker:
        """A ranker of k items or more, a power of two: few graphs serve all lengths."""
        size = 1 << (max(k, PARAMS["k"]) - 1).bit_length()
        with self._tracing:
            if size not in self._rankers:
                ranker = ranker_of(self.model, size, self.index)
                history = Histories.of([[0]])
                ranker(Queries(history, history, Histories.of([[]])))
                self._rankers[size] = ranker
            return self._rankers[size]
