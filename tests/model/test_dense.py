"""The dense network over many chunks of a catalogue."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from helpers.baskets import split_of

from lrec.data.histories import Histories
from lrec.model.dense import CHUNK, Dense


def test_building_does_not_go_through_the_catalogue_chunk_by_chunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    join = Dense._join

    def counted(self: Dense, *arguments: Any) -> Any:
        calls.append(arguments)
        return join(self, *arguments)

    monkeypatch.setattr(Dense, "_join", counted)
    keras.utils.set_random_seed(1)
    n_items = 10 * CHUNK + 3
    model = Dense(objective="ranking", embedding_size=8, hidden_sizes=(32, 16))
    model._build(split_of([[0, n_items - 1], [1]]).catalogue)
    assert 1 <= len(calls) <= 4
    scores = model.score(Histories.of([[0, 5]]))
    assert scores.shape == (1, n_items)
    assert len(np.unique(scores)) > n_items // 2
