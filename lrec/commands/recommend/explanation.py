"""Why something is recommended: the item of the history that speaks most for it."""

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

    Any model can be asked: each history is scored again without each of its items (equal ones go
    together), as the history of a person who has not taken it.

    Args:
        histories: `n`, none of them without an item of the catalogue.
        items: `(n, k)`, -1 where a list has ended.

    Returns:
        `(n, k)` item codes, -1 where there is no recommended item.
    """
    known = histories.within(model.catalogue.n_items)
    found = np.empty(items.shape, np.int64)
    ranker = Ranker(model, 1)
    lengths = known.lengths
    # so many people at once that their histories, taken apart, fit into memory
    block = np.cumsum(lengths**2 + lengths * items.shape[1]) // ENTRIES
    for rows in np.split(np.arange(len(known)), np.flatnonzero(np.diff(block)) + 1):
        part = known.take(rows)
        without = _without_each(part)
        asked = np.repeat(items[rows], part.lengths, axis=0)
        target = Histories(
            user=without.user,
            offsets=np.arange(len(asked) + 1, dtype=np.int64) * items.shape[1],
            item=np.maximum(asked, 0).ravel().astype(np.int32),
        )
        score = ranker(Queries(without, without, target)).target_scores.reshape(asked.shape)
        # what has no answer of its own any more has lost its whole score
        score = np.where(np.isnan(score), -np.inf, score)
        found[rows] = _lowest(score, part)
    return np.where(items >= 0, found, -1)


def _without_each(histories: Histories) -> Histories:
    """For each entry of each row, the row without the items that are equal to it."""
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
    place = np.arange(len(score))[:, None]
    first = np.where(score == least[histories.row], place, len(score))
    lowest: Ints = histories.item[np.minimum.reduceat(first, starts, axis=0)]
    return lowest
