"""Top-k of scores, with ties broken at random, in the same way for every model."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.bits import sortable, splitmix64

BLOCK = 32  # catalogue items in a block, see `top_k`


def top_k(scores: Tensor, k: int, users: Tensor) -> tuple[Tensor, Tensor]:
    """Items of the k highest scores, `(batch, k)` int32, and these scores.

    Masked items (-inf) become -1.

    The k + 1 best items lie in the k + 1 blocks with the highest maxima, so only those blocks are
    sorted. Rows in which the k + 1 best scores are not all different are sorted again with the
    random key.
    """
    import tensorflow as tf

    n_items = scores.shape[1]
    wide = min(k + 1, n_items)
    n_blocks = -(-n_items // BLOCK)
    if n_blocks > wide:
        padding = [[0, 0], [0, n_blocks * BLOCK - n_items]]
        padded = tf.pad(scores, padding, constant_values=-np.inf)
        blocks = tf.reshape(padded, [-1, n_blocks, BLOCK])
        _, chosen = tf.math.top_k(tf.reduce_max(blocks, axis=2), wide)
        candidates = tf.reshape(tf.gather(blocks, chosen, batch_dims=1), [-1, wide * BLOCK])
        values, index = tf.math.top_k(candidates, wide)
        block = tf.gather(chosen, index // BLOCK, batch_dims=1)
        items = block * BLOCK + index % BLOCK
    else:
        values, items = tf.math.top_k(scores, wide)
    equal = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] > -np.inf)
    tied = tf.where(tf.reduce_any(equal, axis=1))

    def sort_again() -> tuple[Tensor, Tensor]:
        rows = tied[:, 0]
        order = sortable(tf.bitcast(tf.gather(scores, rows), tf.int32), tf.where)
        keys = tie_break_keys(tf.gather(users, rows), n_items)
        _, again = tf.math.top_k(tf.cast(order, tf.int64) * 2**32 + keys, wide)
        return (
            tf.tensor_scatter_nd_update(items, tied, again),
            tf.tensor_scatter_nd_update(
                values, tied, tf.gather(tf.gather(scores, rows), again, batch_dims=1)
            ),
        )

    items, values = tf.cond(tf.size(tied) > 0, sort_again, lambda: (items, values))
    return tf.where(values > -np.inf, items, -1)[:, :k], values[:, :k]


def tie_break_keys(users: Tensor, n_items: int) -> Tensor:
    """Random numbers by which ties are broken, the largest first, `(batch, n_items)` int64.

    Args:
        users: `(batch,)` int64; users who are not in the data are -1.
    """
    import tensorflow as tf

    def mix(x: Tensor) -> Tensor:
        return splitmix64(tf.cast(x, tf.uint64), tf.bitwise.right_shift)

    keys = mix(mix(users)[:, None] ^ mix(tf.range(n_items)))
    return tf.cast(tf.bitwise.right_shift(keys, np.uint64(32)), tf.int64)
