"""Scoring, masking and top-k: one batched graph, memory bounded by batch times catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Tensor
from lrec.base.bits import sortable, splitmix64
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model import Model

# Scores held at once: 32 MB of float32, whatever the catalogue.
SCORES_A_BATCH = 2**23
# Catalogue items a block in top-k: see `_top_k`.
BLOCK = 32


@dataclass(frozen=True)
class Ranking:
    """Ranked lists of a batch of n queries.

    Attributes:
        items: `(n, k)` int32, best first; -1 where the catalogue ran out.
        scores: `(n, k)` float32 of the items; -inf where there is none.
        target_scores: `(total,)` float32, score of each target before masking; NaN outside the
            catalogue and where the list is a fallback.
        is_personalised: `(n,)` bool, True where the scores are the model's own.
        ignored: number of history items outside the catalogue.
    """

    items: Ints
    scores: Floats
    target_scores: Floats
    is_personalised: Bools
    ignored: int

    @classmethod
    def empty(cls, n: int) -> Ranking:
        """A ranking of n queries without items, for models that predict ratings only."""
        return cls(
            items=np.empty((n, 0), np.int32),
            scores=np.empty((n, 0), np.float32),
            target_scores=np.empty(0, np.float32),
            is_personalised=np.ones(n, bool),
            ignored=0,
        )


class Ranker:
    """Ranks the catalogue by one model's scores, in a graph that is traced once.

    Args:
        model: fitted, or to be fitted before the first call.
        k: length of the lists.
    """

    def __init__(self, model: Model, k: int) -> None:
        self.model = model
        self.k = k
        self._step: Callable[..., Any] | None = None

    def __call__(self, queries: Queries) -> Ranking:
        """Rank the whole catalogue for every query, without the items that it masks.

        Ties are broken by a random key of (user, item) that is the same for every model.

        Raises:
            FloatingPointError: a score is NaN or infinite.
        """
        n_items = self.model.catalogue.n_items
        is_personalised = self.model.is_personalised(queries.history)
        items = [np.empty((0, min(self.k, n_items)), np.int32)]
        scores = [np.empty(items[0].shape, np.float32)]
        at_targets = [np.empty(0, np.float32)]
        for rows in batches(len(queries), n_items):
            batch = queries.take(rows)
            top, top_scores, at_target, finite = self._rank(
                *self.model.inputs(batch.history),
                *_pairs(batch.masked, n_items),
                *_pairs(batch.target, n_items),
                is_personalised[rows],
                batch.user.astype(np.int64),
            )
            if not finite:
                raise FloatingPointError(
                    f"model={self.model.name} gave scores that are NaN or infinite: its training "
                    "diverged. Lower schedule.learning_rate."
                )
            items.append(top.numpy())
            scores.append(top_scores.numpy())
            at_targets.append(at_target.numpy())
        target = queries.target
        target_scores = np.full(len(target.item), np.nan, np.float32)
        target_scores[target.inside(n_items)] = np.concatenate(at_targets)
        target_scores[~is_personalised[target.row]] = np.nan
        return Ranking(
            items=np.concatenate(items),
            scores=np.concatenate(scores),
            target_scores=target_scores,
            is_personalised=is_personalised,
            ignored=int((~queries.history.inside(n_items)).sum()),
        )

    def _rank(self, *arrays: Any) -> Any:
        import tensorflow as tf

        if self._step is None:
            signature = [tf.TensorSpec([None] * a.ndim, a.dtype) for a in arrays]
            step = _graph(self.model, min(self.k, self.model.catalogue.n_items), signature)
            self._step = step.get_concrete_function()  # saves a millisecond a call
        return self._step(*map(tf.constant, arrays))


def batches(n: int, n_items: int) -> Iterator[Ints]:
    """Row indices of n users in batches, few enough for a matrix of their scores."""
    size = max(1, min(2000, SCORES_A_BATCH // max(n_items, 1)))
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))


def _pairs(histories: Histories, n_items: int) -> tuple[Ints, Ints]:
    """Row and item of each entry in the catalogue, both int32."""
    inside = histories.inside(n_items)
    return histories.row[inside].astype(np.int32), histories.item[inside].astype(np.int32)


def _graph(model: Model, k: int, signature: list[Any]) -> Any:
    """One graph from histories to ranked items, their scores, the targets' scores and a check."""
    import tensorflow as tf

    catalogue = model.catalogue
    popularity = tf.constant(catalogue.popularity, tf.float32)

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def step(*tensors: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        *inputs, masked_row, masked, target_row, target, is_personalised, users = tensors
        scores = tf.ensure_shape(model.graph(*inputs), [None, catalogue.n_items])
        finite = tf.reduce_all(tf.math.is_finite(scores))
        at_targets = tf.gather_nd(scores, tf.stack([target_row, target], axis=1))
        scores = tf.cond(
            tf.reduce_all(is_personalised),
            lambda: scores,
            lambda: tf.where(is_personalised[:, None], scores, popularity),
        )
        scores = tf.tensor_scatter_nd_update(
            scores,
            tf.stack([masked_row, masked], axis=1),
            tf.fill(tf.shape(masked), tf.constant(-np.inf)),
        )
        return *_top_k(scores, k, users), at_targets, finite

    return step


def _top_k(scores: Tensor, k: int, users: Tensor) -> tuple[Tensor, Tensor]:
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
