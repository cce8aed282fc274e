"""Ranking: scoring, masking and top-k in one batched graph, its memory bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Tensor
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.common_ranking import rank_in_common
from lrec.evaluation.sparse_ranking import rank_sparse, sampled
from lrec.evaluation.top_k import top_k
from lrec.evaluation.top_k_arrays import top_k_arrays
from lrec.model import Model

# Scores held at once: 32 MB of float32, whatever the catalogue.
SCORES_A_BATCH = 2**23
REACHED = 2**12  # items that have a score of a sparse model, or not many more


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
    """Ranks the catalogue by one model's scores: of a network in a graph that is traced once.

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
        common = self.model.common_scores()
        if common is not None:
            return self._rank_in_common(common, queries)
        is_personalised = self.model.is_personalised(queries.history)
        items: list[Ints] = [np.empty((0, min(self.k, n_items)), np.int32)]
        scores: list[Floats] = [np.empty(items[0].shape, np.float32)]
        at_targets: list[Floats] = [np.empty(0, np.float32)]
        rank, width = self._rank_tensors, n_items
        if not self.model.uses_tensorflow():
            rank = self._rank_arrays
        if self.model.scores_sparsely:
            rank, width = self._rank_sparse, min(n_items, REACHED)

        def batch(rows: Ints) -> tuple[Ints, Floats, Floats, bool]:
            part = queries.take(rows)
            return rank(
                part.history,
                *_pairs(part.masked, n_items),
                *_pairs(part.target, n_items),
                is_personalised[rows],
                part.user.astype(np.int64),
            )

        for top, top_scores, at_target, finite in map(batch, batches(len(queries), width)):
            if not finite:
                raise self._diverged()
            items.append(top)
            scores.append(top_scores)
            at_targets.append(at_target)
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

    def _rank_in_common(self, scores: Floats, queries: Queries) -> Ranking:
        if not np.isfinite(scores).all():
            raise self._diverged()
        k = min(self.k, len(scores))
        masked = replace(queries.masked, user=queries.user)
        items, values = rank_in_common(scores, masked, k)
        target = queries.target
        inside = target.inside(len(scores))
        target_scores = np.full(len(target.item), np.nan, np.float32)
        target_scores[inside] = scores[target.item[inside]]
        return Ranking(
            items=items,
            scores=values,
            target_scores=target_scores,
            is_personalised=np.ones(len(queries), bool),
            ignored=int((~queries.history.inside(len(scores))).sum()),
        )

    def _diverged(self) -> FloatingPointError:
        return FloatingPointError(
            f"model={self.model.name} gave scores that are NaN or infinite: its training "
            "diverged. Lower schedule.learning_rate."
        )

    def _rank_arrays(
        self,
        history: Histories,
        masked_row: Ints,
        masked: Ints,
        target_row: Ints,
        target: Ints,
        is_personalised: Bools,
        users: Ints,
    ) -> tuple[Ints, Floats, Floats, bool]:
        """Lists of a batch, their scores, those of the targets, and a check of all scores."""
        scores = self.model.score(history)
        finite = bool(np.isfinite(scores).all())
        at_targets = scores[target_row, target]
        if not is_personalised.all():
            scores[~is_personalised] = self.model.catalogue.popularity
        scores[masked_row, masked] = -np.inf
        return *top_k_arrays(scores, min(self.k, scores.shape[1]), users), at_targets, finite

    def _rank_sparse(
        self,
        history: Histories,
        masked_row: Ints,
        masked: Ints,
        target_row: Ints,
        target: Ints,
        is_personalised: Bools,
        users: Ints,
    ) -> tuple[Ints, Floats, Floats, bool]:
        """The same, without the items that the histories do not reach."""
        scores = self.model.sparse_scores(history)
        masked_pairs = (masked_row, masked)
        k, popularity = min(self.k, scores.shape[1]), self.model.catalogue.popularity
        lists = rank_sparse(scores, masked_pairs, k, users, is_personalised, popularity)
        at_targets = sampled(scores, target_row, target)
        return *lists, at_targets, bool(np.isfinite(scores.data).all())

    def _rank_tensors(self, history: Histories, *arrays: Any) -> tuple[Ints, Floats, Floats, bool]:
        """The same, in the model's graph."""
        top, scores, at_target, finite = self._rank(*self.model.inputs(history), *arrays)
        return top.numpy(), scores.numpy(), at_target.numpy(), bool(finite)

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

    # no Python control flow to convert, which would take longer than tracing
    @tf.function(input_signature=signature, autograph=False)  # type: ignore[untyped-decorator]
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
        return *top_k(scores, k, users), at_targets, finite

    return step
