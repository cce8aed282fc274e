"""Ranking of one batch of users after the other, by scores of the whole catalogue."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.data.histories import Histories
from lrec.evaluation.ranking.graph_ranking import ranking_graph, score_graph, sees_gpu
from lrec.evaluation.ranking.refused_scores import not_finite, refuse_other_scores
from lrec.evaluation.ranking.sparse_ranking import rank_sparse, sampled
from lrec.evaluation.ranking.top_k_arrays import finite, top_k_arrays
from lrec.evaluation.ranking.user_batches import batches
from lrec.model import Model

# Scores that a thread ranks at once: they stay in its cache.
SCORES_A_THREAD = 2**20
REACHED = 2**12  # items that have a score of a sparse model, or not many more


class BatchRanker:
    """Ranks by a model's scores: in threads, or in its graph where TensorFlow sees a GPU.

    Args:
        model: fitted, or to be fitted before the first call.
        k: length of the lists.
    """

    def __init__(self, model: Model, k: int) -> None:
        self.model = model
        self.k = k
        self._step: Callable[..., Any] | None = None

    def __call__(
        self, history: Histories, masked: Histories, target: Histories, is_personalised: Bools
    ) -> tuple[Ints, Floats, Floats]:
        """Rank all histories.

        Args:
            history, masked, target: rows of the same users, the latter two within the catalogue.
            is_personalised: `(n,)` False for rows that are ranked by popularity.

        Returns:
            Lists `(n, k)` and their scores; scores of the targets, `(total,)`.

        Raises:
            FloatingPointError: a score is NaN or infinite.
        """
        n_items = self.model.catalogue.n_items
        k = min(self.k, n_items)
        items: list[Ints] = [np.empty((0, k), np.int32)]
        scores: list[Floats] = [np.empty((0, k), np.float32)]
        at_targets: list[Floats] = [np.empty(0, np.float32)]
        rank: Callable[..., tuple[Ints, Floats, Floats, bool]] = self._rank_arrays
        width = n_items
        if self.model.scores_sparsely:
            rank, width = self._rank_sparse, min(n_items, REACHED)
        elif self.model.has_graph() and sees_gpu():
            rank = self._rank_tensors
        for batch in batches(len(history), width):
            rows = int(batch[0]), int(batch[-1]) + 1
            top, top_scores, at_target, all_finite = rank(
                history.between(*rows),
                *_pairs(masked.between(*rows)),
                *_pairs(target.between(*rows)),
                is_personalised[batch],
                target.user[batch].astype(np.int64),
            )
            if not all_finite:
                raise not_finite(self.model, history.between(*rows))
            items.append(top)
            scores.append(top_scores)
            at_targets.append(at_target)
        return np.concatenate(items), np.concatenate(scores), np.concatenate(at_targets)

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
        scores = self._scores(history)
        n, n_items = len(history), self.model.catalogue.n_items
        refuse_other_scores(self.model, scores, (n, n_items))
        popularity = self.model.catalogue.popularity
        k = min(self.k, n_items)
        at_targets = scores[target_row, target]
        items, values = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
        size = max(1, SCORES_A_THREAD // n_items)

        own_array = scores.flags.writeable  # TensorFlow's is not

        def rank(start: int, stop: int) -> bool:
            rest = 0 if own_array else min(size, stop - start)
            scratch = np.empty((rest, n_items), np.float32)
            all_finite = True
            for first in range(start, stop, size):
                rows = slice(first, min(first + size, stop))
                some = scores[rows]
                if not own_array:
                    some = scratch[: rows.stop - first]
                    some[...] = scores[rows]
                all_finite &= finite(some)
                if not is_personalised[rows].all():
                    some[~is_personalised[rows]] = popularity
                own = slice(*np.searchsorted(masked_row, [first, rows.stop]))
                some[masked_row[own] - first, masked[own]] = -np.inf
                items[rows], values[rows] = top_k_arrays(some, k, users[rows])
            return all_finite

        edges = np.linspace(0, n, min(n, os.cpu_count() or 1) + 1).astype(int).tolist()
        with ThreadPoolExecutor(len(edges)) as pool:
            checks = list(pool.map(rank, edges[:-1], edges[1:]))
        return items, values, at_targets, all(checks)

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
        from scipy.sparse import csr_array

        scores, catalogue = self.model.sparse_scores(history), self.model.catalogue
        shape = len(history), catalogue.n_items
        refuse_other_scores(self.model, scores, shape, "sparse_scores", csr_array)
        k, popularity = min(self.k, catalogue.n_items), catalogue.popularity
        lists = rank_sparse(scores, (masked_row, masked), k, users, is_personalised, popularity)
        at_targets = sampled(scores, target_row, target)
        return *lists, at_targets, bool(np.isfinite(scores.data).all())

    def _scores(self, history: Histories) -> Floats:
        if not self.model.has_graph():
            return self.model.score(history)
        arrays = self.model.inputs(history)
        if self._step is None:
            self._step = score_graph(self.model, arrays)
        return np.asarray(self._step(*arrays))

    def _rank_tensors(self, history: Histories, *arrays: Any) -> tuple[Ints, Floats, Floats, bool]:
        """Like `_rank_arrays`, in the model's graph."""
        arrays = (*self.model.inputs(history), *arrays)
        if self._step is None:
            k = min(self.k, self.model.catalogue.n_items)
            self._step = ranking_graph(self.model, k, arrays)
        top, scores, at_target, all_finite = self._step(*arrays)
        return top.numpy(), scores.numpy(), at_target.numpy(), bool(all_finite)


def _pairs(histories: Histories) -> tuple[Ints, Ints]:
    """Row and item of each entry, both int32."""
    return histories.row.astype(np.int32), histories.item.astype(np.int32, copy=False)
