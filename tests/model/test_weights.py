"""Stored weights of neural models."""

from __future__ import annotations

import numpy as np

from lrec.model.common.weights import in_order


def test_more_than_a_hundred_weights_come_back_in_their_order() -> None:
    state = {f"{index:02d}/weight": np.array(index) for index in range(120)}
    shuffled = dict(sorted(state.items()))
    assert [int(array) for array in in_order(shuffled)] == list(range(120))
