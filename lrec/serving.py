"""The MLflow pyfunc: histories of item ids in, ranked item ids out. Several threads may ask it."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.data import Bools, Catalogue, Floats, Histories, Queries
from lrec.ranking import Ranker, batches
from lrec.store import load
from lrec.tracking.pyfunc import PARAMS, refusal

if TYPE_CHECKING:
    import pandas as pd

IDS = {str, int}  # what JSON has for an id


def example(catalogue: Catalogue) -> dict[str, Any]:
    """Three people for the input example: with a history, with filters, without anything."""
    ids = [str(catalogue.ids[i]) for i in np.argsort(-catalogue.popularity, kind="stable")[:5]]
    return {
        "history": [ids[:3], ids[:1], []],
        "exclude": [None, ids[1:2], None],
        "only": [None, ids[1:], None],
    }


class Recommender:
    """What `mlflow.pyfunc.load_model` gives for a run's model.

    Args:
        folder: where `lrec.store` saved the model.
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
            MlflowException: it cannot be answered; one line says why. MLflow's server makes it a
                400.
        """
        import pandas as pd

        given: dict[str, Any] = {**PARAMS, **(params or {})}
        try:
            k = given["k"]
            if k is None or k < 1:
                raise ValueError(f"k must be 1 or more. Received: {k}")
            ranker = self._ranker(min(k, self.n_items))
            chunks = [
                self._answer(ranker, k, Asked(model_input.iloc[rows], self.codes), given["repeat"])
                for rows in batches(len(model_input), self.n_items)
            ]
        except ValueError as error:
            raise refusal(str(error)) from None
        return pd.concat(chunks, ignore_index=True)

    def _answer(self, ranker: Ranker, k: int, asked: Asked, repeat: bool) -> pd.DataFrame:
        import pandas as pd

        ranking = ranker(asked.queries(repeat))
        lists = [row[row >= 0] for row in ranking.items[:, :k]]
        best = [row[: len(items)] for row, items in zip(ranking.scores, lists, strict=True)]
        columns: dict[str, Any] = {
            "items": [self.ids[items].tolist() for items in lists],
            "scores": [row.tolist() for row in best],
            "own": ranking.own,
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


class Asked:
    """The rows of a question, in the codes of the catalogue.

    Args:
        frame: see `Recommender.predict`.
        codes: of the ids in the catalogue.

    Raises:
        ValueError: a cell does not hold what it should.
    """

    def __init__(self, frame: pd.DataFrame, codes: dict[str, int]) -> None:
        self.codes = codes
        history = self._coded(_cells(frame, "history", IDS, "ids"))
        if "ratings" in frame:
            history = replace(history, rating=_ratings(frame, history))
        self.history = history.within(len(codes))
        self.ignored = history.lengths - self.history.lengths
        self.exclude = self._coded(_cells(frame, "exclude", IDS, "ids"))
        only = _cells(frame, "only", IDS, "ids")
        self.only = self._coded(only).within(len(codes))
        self.free = np.array([cell is None for cell in only])

    def queries(self, repeat: bool) -> Queries:
        """What to ask a ranker.

        Args:
            repeat: whether items of the history may be recommended.
        """
        parts = [self.exclude] if repeat else [self.exclude, self.history]
        row = np.concatenate([part.row for part in parts])
        item = np.concatenate([part.item for part in parts])
        if not self.free.all():
            barred = np.nonzero(self._barred())
            row, item = np.append(row, barred[0]), np.append(item, barred[1])
        n = len(self.history)
        masked = Histories(
            user=self.history.user,
            offsets=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]),
            item=item[np.argsort(row, kind="stable")].astype(np.int32),
        )
        return Queries(self.history, self.history, Histories.of([[]] * n), masked)

    def _barred(self) -> Bools:
        """What `only` leaves out, `(n, n_items)`."""
        barred = np.ones((len(self.only), len(self.codes)), bool)
        barred[self.only.row, self.only.item] = False
        barred[self.free] = False
        return barred

    def _coded(self, cells: Sequence[list[Any] | None]) -> Histories:
        """Lists of ids as codes; -1 for one that is unknown."""
        return Histories.of([[self.codes.get(str(i), -1) for i in cell or ()] for cell in cells])


def _cells(frame: pd.DataFrame, name: str, kinds: set[type], what: str) -> list[list[Any] | None]:
    """A column of lists, or of None where it may be left out.

    Raises:
        ValueError: a cell is no list, or holds something of another kind.
    """
    if name not in frame:
        return [None] * len(frame)
    cells = [cell.tolist() if isinstance(cell, np.ndarray) else cell for cell in frame[name]]
    for row, cell in enumerate(cells):
        if isinstance(cell, list) and kinds.issuperset(map(type, cell)):
            continue
        # pandas fills up with NaN what a record leaves out
        if name == "history" or not (cell is None or cell != cell):
            raise ValueError(
                f"{name} must be a list of {what}. Received: {reprlib.repr(cell)} in row {row}"
            )
        cells[row] = None
    return cells


def _ratings(frame: pd.DataFrame, history: Histories) -> Floats:
    """Ratings of the history's items, `(total,)` float32, NaN where there is none.

    Raises:
        ValueError: they are not as many, or no numbers.
    """
    cells = _cells(frame, "ratings", {float, int, type(None)}, "numbers")
    rows = [
        [None] * length if cell is None else cell
        for cell, length in zip(cells, history.lengths, strict=True)
    ]
    for row, (cell, length) in enumerate(zip(rows, history.lengths, strict=True)):
        if len(cell) != length:
            raise ValueError(
                f"ratings must be as many as the history has items, {length}. "
                f"Received: {len(cell)} in row {row}"
            )
    ratings = np.array(list(chain.from_iterable(rows)), np.float32)
    if np.isinf(ratings).any():
        raise ValueError("ratings must be finite numbers. Received: infinity")
    return ratings


def _load_pyfunc(path: str) -> Recommender:
    """MLflow's entry point."""
    return Recommender(Path(path))
