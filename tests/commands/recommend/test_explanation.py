"""Explanations, against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.commands.recommend.explanation import explain_items
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model


def test_explanations_are_the_items_without_which_the_score_falls_most(
    model: Model, split: Split
) -> None:
    histories = split.test.history.within(model.catalogue.n_items)
    histories = histories.take(np.flatnonzero(histories.lengths > 0))
    lists = [row[row >= 0] for row in np.tile(np.arange(4), (len(histories), 1))]
    explanation = explain_items(model, histories, np.array(lists))
    for row, items in enumerate(lists):
        history = histories.item[histories.offsets[row] : histories.offsets[row + 1]].tolist()
        for index, item in enumerate(items):
            left = {}
            for one in history:
                rest = [other for other in history if other != one]
                score = model.score(Histories.of([rest]))[0, item] if rest else -np.inf
                left[one] = float(score)
            assert left[int(explanation[row, index])] == pytest.approx(min(left.values()), abs=1e-5)


def test_explanations_end_where_the_list_ends(model: Model) -> None:
    explanation = explain_items(model, Histories.of([[3, 5]]), np.array([[1, -1]]))
    assert explanation[0, 0] in (3, 5)
    assert explanation[0, 1] == -1
