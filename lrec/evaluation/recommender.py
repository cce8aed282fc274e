"""Histories of item ids in, ranked item ids out. Several threads may ask it."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.errors import shown
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker, batches
from lrec.evaluation.requests import RequestBatch
from lrec.model.common.saving import load

if TYPE_CHECKING:
    import pandas as pd


# Parameters of a request, and their values where it does not name them.
PARAMS = {"k": 10, "repeat": False}


def example(catalogue: Catalogue) -> dict[str, Any]:
    """Three people for the input example: with a history, with filters, without anything."""
    ids = [str(catalogue.ids[i]) for i in np.argsort(-catalogue.popularity, kind="stable")[:5]]
    return {
        "history": [ids[:3], ids[:1], []],
        "exclude": [None, ids[1:2], None],
        "only": [None, ids[1:], None],
    }


class Recommender:
    """A saved model that answers requests from outside, such as `mlflow.pyfunc.load_model` gives.

    Args:
        folder: where `lrec.model.common.saving` saved the model.
    """

    def __init__(self, folder: Path) -> None:
        self.model = load(folder)
        self.n_items = self.model.catalogue.n_items
        self.ids = self.model.catalogue.ids[: self.n_items]
        self.codes = {str(item): code for code, item in enumerate(self.ids)}
        self._rankers: dict[int, Ranker] = {}
        self._tracing = Lock()
        self._ranker(PARAMS["k"])  # or the first to ask would wait for it

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Recommend.

        Args:
            model_input: a row for each person. Column `history`: item ids, oldest first. Optional
                columns, None where they do not matter: `ratings` of the history's items (None where
                there is none; models that predict ratings read them), `exclude`, ids not to
                recommend, and `only`, ids to choose from. Ids that the model does not know are
                ignored.
            params: `k`, the length of the lists; `repeat`, whether what is in the history may be
                recommended too.

        Returns:
            A DataFrame of the same length with columns `items` (ids, best first; fewer than k where
            no more are left), `scores`, `own` (whether the model had anything to go by; if not, the
            items are the most popular ones), `ignored` (how many ids of the history the model does
            not know) and, if the catalogue has them, `titles`.

        Raises:
            ValueError: the request cannot be answered; one line says why.
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
            self._answer(
                ranker, k, RequestBatch(model_input.iloc[rows], self.codes), given["repeat"]
            )
            for rows in parts
        ]
        return pd.concat(chunks, ignore_index=True)

    def _answer(self, ranker: Ranker, k: int, asked: RequestBatch, repeat: bool) -> pd.DataFrame:
        import pandas as pd

        ranking = ranker(asked.queries(repeat))
        lists = [row[row >= 0] for row in ranking.items[:, :k]]
        best = [row[: len(items)] for row, items in zip(ranking.scores, lists, strict=True)]
        columns: dict[str, Any] = {
            "items": [self.ids[items].tolist() for items in lists],
            "scores": [row.tolist() for row in best],
            "own": ranking.is_personalised,
            "ignored": asked.ignored,
        }
        titles = self.model.catalogue.features.titles
        if titles is not None:
            columns["titles"] = [titles[items].tolist() for items in lists]
        return pd.DataFrame(columns)

    def _ranker(self, k: int) -> Ranker:
        """One of k items at least, a power of two: a few graphs do for all lengths."""
        size = 1 << (max(k, PARAMS["k"]) - 1).bit_length()
        with self._tracing:
            if size not in self._rankers:
                ranker = Ranker(self.model, size)
                somebody = Histories.of([[0]])
                ranker(Queries(somebody, somebody, Histories.of([[]])))
                self._rankers[size] = ranker
            return self._rankers[size]
