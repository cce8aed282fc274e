"""Explanation of recommendations by the item of the history that contributes most."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker
from lrec.model import Model

ENTRIES = 2**22  # numbers held at once when histories are taken apart


def explain_items(model: Model, histories: Histories, items: Ints) -> Ints:
    """The history item whose removal lowers the score of each recommended item most.

    It works for any model: each history is scored again without each of its items (equal ones go
    together), as the history of a user who does not have it.

    Args:
        histories: `n`, none of them without an item of the catalogue.
        items: `(n, k)`, -1 where a list has ended.

    Returns:
        `(n, k)` item codes, -1 where there is no recommended item.
    """
    histories = histories.within(model.catalogue.n_items)
    explanation = np.empty(items.shape, np.int64)
    ranker = Ranker(model, 1)
    lengths = histories.lengths
    # so many users at once that the copies of their histories fit into memory
    block = np.cumsum(lengths**2 + lengths * items.shape[1]) // ENTRIES
    for rows in np.split(np.arange(len(histories)), np.flatnonzero(np.diff(block)) + 1):
        part = histories.take(rows)
        without = _without_each(part)
        queried = np.repeat(items[rows], part.lengths, axis=0)
        target = Histories(
            user=without.user,
            offsets=np.arange(len(queried) + 1, dtype=np.int64) * items.shape[1],
            item=np.maximum(queried, 0).ravel().astype(np.int32),
        )
        score = ranker(Queries(without, without, target)).target_scores.reshape(queried.shape)
        # without a personalised list the whole score is lost
        score = np.where(np.isnan(score), -np.inf, score)
        explanation[rows] = _lowest(score, part)
    return np.where(items >= 0, explanation, -1)


def _without_each(histories: Histories) -> Histories:
    """One row for each entry of each row: the row without the items that are equal to it."""
    lengths = histories.lengths
    copies = histories.take(np.repeat(np.arange(len(histories)), lengths))
    left_out = np.repeat(histories.item, np.repeat(lengths, lengths))
    return copies.keep(copies.item != left_out)


def _lowest(score: Floats, histories: Histories) -> Ints:
    """Of each row's entries, the item with the lowest score in each column; the first of equals.

    Args:
        score: `(total, k)`.
    """
    starts = histories.offsets[:-1]
    least = np.minimum.reduceat(score, starts, axis=0)
    index = np.arange(len(score))[:, None]
    first = np.where(score == least[histories.row], index, len(score))
    lowest: Ints = histories.item[np.minimum.reduceat(first, starts, axis=0)]
    return lowest
