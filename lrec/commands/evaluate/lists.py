"""Evaluation of lists and predicted ratings that lrec has not made, on one of its splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.base.bits import splitmix64
from lrec.base.errors import DataError, listed
from lrec.base.sets import is_among
from lrec.commands.evaluate.list_tables import normalised
from lrec.data.alignment import index_of
from lrec.data.queries import Split
from lrec.evaluation.evaluator import EvaluationResult, Evaluator
from lrec.evaluation.ranking import Ranking
from lrec.evaluation.ranking.top_k_arrays import tie_break_keys_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ListEvaluation:
    """Lists of any make, evaluated.

    Attributes:
        result: as of a model of lrec's.
        notes: a line on each thing that was not as in lrec's own lists, and what became of it.
    """

    result: EvaluationResult
    notes: list[str]


def evaluate_lists(
    lists: pd.DataFrame | None, evaluator: Evaluator, ratings: pd.DataFrame | None = None
) -> ListEvaluation:
    """Evaluate lists on the test part of a split, as lrec's own models are.

    Items of a user's history are taken out of the list, which closes up, because no model of lrec's
    may recommend them. An item twice in a list counts where it stands first. Items that nobody
    trained on keep their place and miss. A test user without a list has an empty one.

    Args:
        lists: a row for each recommended item: columns under usual names (user_id, user, …) of
            user and item, and rank or score; with neither, the order of a user's rows counts.
        evaluator: of the split.
        ratings: a row for each predicted rating: user, item, and prediction or rating. Test pairs
            without one get that of the bias model.

    Raises:
        DataError: there is neither, a column is missing, or nothing in it is of the split.
    """
    split, notes = evaluator.split, list[str]()
    if lists is None and ratings is None:
        raise DataError("there are neither lists nor predicted ratings to evaluate.")
    if not len(split.test):
        raise DataError("no user of this split has test items, so lists cannot be evaluated.")
    ranking = Ranking.empty(len(split.test))
    if lists is not None:
        ranking = ranking_of(normalised(lists, "lists"), split, max(evaluator.ks), notes)
    predictions, head = None, "none: no predicted ratings were given"
    if ratings is not None:
        predictions = predictions_of(normalised(ratings, "ratings"), evaluator, notes)
        head = "native"
    return ListEvaluation(evaluator.given(ranking, predictions, head), notes)


def ranking_of(table: pd.DataFrame, split: Split, k: int, notes: list[str]) -> Ranking:
    """The lists as a ranking of the split's test queries.

    Args:
        table: see `normalised`.
        k: length of the longest lists that are asked for.
        notes: gets a line for all that is odd.
    """
    queries, n_items = split.test, split.catalogue.n_items
    row = _query_rows(table, split, "lists", notes)
    table, row = table[row >= 0], row[row >= 0]
    code = _codes(table["item"], split, "lists")
    tie_breaks = tie_break_keys_of(queries.user[row], splitmix64(code.astype(np.uint64))[:, None])
    order = _best_first(table, row, tie_breaks[:, 0], notes)
    row, name = row[order], table["item"].cat.codes.to_numpy()[order].astype(np.int64)
    code = code[order]

    pair = row * (int(name.max()) + 1) + name
    again = np.ones(len(pair), bool)
    again[np.unique(pair, return_index=True)[1]] = False  # of equal ones the first
    _note(notes, again, "items stand twice in a list: the first place counts")
    n_codes = len(split.catalogue.ids)
    masked = is_among(
        row * n_codes + code, queries.masked.row * np.int64(n_codes) + queries.masked.item
    )
    masked &= (code >= 0) & ~again
    _note(
        notes,
        masked,
        "recommended items are in their user's history, which may not be recommended here: they "
        "are taken out, and the lists close up",
    )
    kept = ~again & ~masked
    row, code = row[kept], code[kept]

    lengths = np.bincount(row, minlength=len(queries))
    place = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    width = min(k, n_items)
    top = place < width
    outside = (code < 0) | (code >= n_items)
    _note(
        notes,
        outside & top,
        "recommended items are in no training history: they keep their places, and miss",
    )
    items = np.full((len(queries), width), -1, np.int32)
    items[row[top], place[top]] = np.where(outside, -1, code)[top]
    _note(
        notes,
        (lengths > 0) & (lengths < width),
        f"lists are shorter than {width}: what they lack counts as misses",
    )
    _note(
        notes,
        lengths == 0,
        f"of {len(queries):,} test users have no list, which counts as an empty one",
    )
    return Ranking(
        items=items,
        scores=np.where(items >= 0, -np.arange(width, dtype=np.float32), -np.inf),
        target_scores=np.full(len(queries.target.item), np.nan, np.float32),
        is_personalised=lengths > 0,
        ignored=int((~queries.history.inside(n_items)).sum()),
    )


def predictions_of(table: pd.DataFrame, evaluator: Evaluator, notes: list[str]) -> Floats:
    """The predicted rating of each test target, `(total,)`, clipped to the scale.

    Raises:
        DataError: the data has no ratings, or a pair has two predictions.
    """
    split, bias = evaluator.split, evaluator.bias
    if bias is None:
        raise DataError("the data has no ratings that predicted ones could be held against.")
    row = _query_rows(table, split, "ratings", notes)
    n_codes = np.int64(len(split.catalogue.ids))
    code = _codes(table["item"], split, "ratings")
    known = (row >= 0) & (code >= 0)
    pair, value = (row * n_codes + code)[known], table["score"].to_numpy()[known]
    order = np.argsort(pair, kind="stable")
    pair, value = pair[order], value[order]
    target = split.test.target
    wanted = target.row * n_codes + target.item
    index = np.searchsorted(pair, wanted).clip(max=max(len(pair) - 1, 0))
    found = pair[index] == wanted if len(pair) else np.zeros(len(wanted), bool)
    twice = int(is_among(pair[1:][pair[1:] == pair[:-1]], wanted).sum())
    if twice:
        raise DataError(f"ratings: {twice:,} test pairs have several predictions. Leave one.")
    if not found.any():
        raise DataError("ratings have a prediction for none of the test pairs.")
    _note(
        notes,
        ~found,
        f"of {len(wanted):,} test ratings have no prediction, and get that of the bias model",
    )
    predicted = np.where(found, value[index], bias.predict(split.test))
    low, high = bias.scale
    beyond = found & ((predicted < low) | (predicted > high))
    _note(notes, beyond, f"predictions lie beyond the scale, {low:g} to {high:g}: they are clipped")
    return np.clip(predicted, low, high)


def _query_rows(table: pd.DataFrame, split: Split, what: str, notes: list[str]) -> Ints:
    """The test query of each row's user, `(n,)` int64; -1 where there is none.

    Raises:
        DataError: there is none at all.
    """
    users = table["user"].cat.categories.to_numpy().astype(np.str_)
    code = index_of(users, split.user_ids)
    rows = np.full(len(split.user_ids) + 1, -1, np.int64)
    rows[split.test.user] = np.arange(len(split.test))
    row = rows[code]  # -1, of the unknown, takes the last
    if not (row >= 0).any():
        raise DataError(
            f"none of the {len(users):,} users of the {what} has test items in this split. Their "
            f"ids: {listed(users[:3])}, …; the split's: "
            f"{listed(split.user_ids[split.test.user[:3]])}, …. Write them alike."
        )
    _note(notes, code < 0, f"users of the {what} are not in the data: left out")
    _note(notes, (code >= 0) & (row < 0), f"users of the {what} have no test items: left out")
    found: Ints = row[table["user"].cat.codes.to_numpy()]
    return found


def _codes(items: pd.Series, split: Split, what: str) -> Ints:
    """The code of each item, `(n,)` int64; -1 where it is not in the data.

    Raises:
        DataError: none is.
    """
    names, ids = items.cat.categories.to_numpy().astype(np.str_), split.catalogue.ids
    codes = index_of(names, ids)
    if len(names) and not (codes >= 0).any():
        raise DataError(
            f"none of the {len(names):,} items of the {what} is in the data. Their ids: "
            f"{listed(names[:3])}, …; the data's: {listed(ids[:3])}, …. Write them alike."
        )
    found: Ints = codes[items.cat.codes.to_numpy()]
    return found


def _best_first(table: pd.DataFrame, row: Ints, tie_breaks: Ints, notes: list[str]) -> Ints:
    """The order of the rows in which each list has its best item first, `(n,)` int64.

    Args:
        tie_breaks: `(n,)` of equal scores or ranks the highest comes first, as in lrec's own lists.
    """
    if "rank" in table:
        key = table["rank"].to_numpy()
    elif "score" in table:
        key = -table["score"].to_numpy()
    else:
        notes.append("lists have no rank and no score: the order of a user's rows counts")
        return np.argsort(row, kind="stable")
    order = np.lexsort([-tie_breaks, key, row])
    same = (np.diff(row[order]) == 0) & (np.diff(key[order]) == 0)
    by = "rank" if "rank" in table else "score"
    _note(notes, same, f"items share a {by} with the one before: a random order breaks the tie")
    return order


def _note(notes: list[str], marked: Bools, text: str) -> None:
    """Add a line with the number of what is marked, if anything is."""
    if marked.any():
        notes.append(f"{marked.sum():,} {text}")
