"""The Cloze task of BERT4Rec."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from lrec.model.bert4rec import BERT4Rec
from lrec.model.layers.random_numbers import RandomStream


def test_cloze_hides_something_of_every_history_and_the_newest_alone_of_some() -> None:
    tf.keras.utils.set_random_seed(0)
    model = BERT4Rec(hidden_share=0.3)
    model.random = RandomStream()
    lengths = [1, 2, 10, 10] * 300
    histories = tf.RaggedTensor.from_row_lengths(
        tf.concat([tf.range(n) for n in lengths], 0), tf.constant(lengths, tf.int64)
    )
    marks = np.split(model._hide(histories).numpy(), np.cumsum(lengths)[:-1])
    assert all(row.any() for row in marks)
    alone = [row.tolist() == [False] * 9 + [True] for row in marks[3::4]]
    assert 0.05 < np.mean(alone) < 0.2
    shares = [row.mean() for row in marks[2::4]]
    assert np.mean(shares) == pytest.approx(0.9 * 0.3 + 0.1 * 0.1, abs=0.05)
