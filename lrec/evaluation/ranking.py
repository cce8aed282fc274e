"""Ranking: scoring, masking and top-k of batches of users, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.common_ranking import rank_in_common
from lrec.evaluation.graph_ranking import ranking_graph, score_graph, sees_gpu
from lrec.evaluation.product_ranking import rank_products
from lrec.evaluation.sparse_ranking import rank_sparse, sampled
from lrec.evaluation.top_k_arrays import finite, top_k_arrays
from lrec.model import Model

# Scores held at once: 32 MB of float32, whatever the catalogue.
SCORES_A_BATCH = 2**23
# Scores that a thread ranks at once: they stay in its cache.
SCORES_A_THREAD = 2**20
# Catalogues of more items are ranked by vectors, a block at a time, where a model has them.
WIDE = 2**13
REACHED = 2**12  # items that have a score of a sparse model, or not many more
# Queries that are worth making the catalogue's vectors for; and the fewest to encode at once.
MANY = 250


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
        model, n_items = self.model, self.model.catalogue.n_items
        common = model.common_scores()
        if common is not None:
            return self._rank_in_common(common, queries)
        is_personalised = model.is_personalised(queries.history)
        masked, target = queries.masked.within(n_items), queries.target.within(n_items)
        if model.scores_are_products and n_items > WIDE and len(queries) >= MANY:
            items, scores, at_targets = self._rank_products(
                queries.history, masked, target, is_personalised
            )
        else:
            items, scores, at_targets = self._rank_batches(
                queries.history, masked, target, is_personalised
            )
        target_scores = np.full(len(queries.target.item), np.nan, np.float32)
        target_scores[queries.target.inside(n_items)] = at_targets
        target_scores[~is_personalised[queries.target.row]] = np.nan
        return Ranking(
            items=items,
            scores=scores,
            target_scores=target_scores,
            is_personalised=is_personalised,
            ignored=int((~queries.history.inside(n_items)).sum()),
        )

    def _rank_batches(
        self, history: Histories, masked: Histories, target: Histories, is_personalised: Bools
    ) -> tuple[Ints, Floats, Floats]:
        """Lists, their scores and those of the targets, a batch of users after the other."""
        n_items = self.model.catalogue.n_items
        k = min(self.k, n_items)
        items: list[Ints] = [np.empty((0, k), np.int32)]
        scores: list[Floats] = [np.empty((0, k), np.float32)]
        at_targets: list[Floats] = [np.empty(0, np.float32)]
        rank: Callable[..., tuple[Ints, Floats, Floats, bool]] = self._rank_arrays
        width = n_items
        if self.model.scores_sparsely:
            rank, width = self._rank_sparse, min(n_items, REACHED)
        elif self.model.uses_tensorflow() and sees_gpu():
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
                raise self._diverged()
            items.append(top)
            scores.append(top_scores)
            at_targets.append(at_target)
        return np.concatenate(items), np.concatenate(scores), np.concatenate(at_targets)

    def _rank_products(
        self, history: Histories, masked: Histories, target: Histories, is_personalised: Bools
    ) -> tuple[Ints, Floats, Floats]:
        """The same, by vectors of users and items."""
        factors = self.model.factorised_scores()
        assert factors is not None
        n_items = self.model.catalogue.n_items
        vectors = [
            factors.queries(history.between(int(batch[0]), int(batch[-1]) + 1))
            for batch in batches(len(history), n_items, MANY)
        ]
        items, scores, at_targets, all_finite = rank_products(
            np.concatenate(vectors),
            factors.items,
            min(self.k, n_items),
            masked,
            target,
            None if is_personalised.all() else is_personalised,
            self.model.catalogue.popularity,
        )
        if not all_finite:
            raise self._diverged()
        return items, scores, at_targets

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
        scores = self._scores(history)
        n, n_items = scores.shape
        popularity = self.model.catalogue.popularity
        k = min(self.k, n_items)
        at_targets = scores[target_row, target]
        items, values = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
        size = max(1, SCORES_A_THREAD // n_items)

        def rank(start: int, stop: int) -> bool:
            scratch = np.empty((min(size, stop - start), n_items), np.float32)
            all_finite = True
            for first in range(start, stop, size):
                rows = slice(first, min(first + size, stop))
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
        scores = self.model.sparse_scores(history)
        k, popularity = min(self.k, scores.shape[1]), self.model.catalogue.popularity
        lists = rank_sparse(scores, (masked_row, masked), k, users, is_personalised, popularity)
        at_targets = sampled(scores, target_row, target)
        return *lists, at_targets, bool(np.isfinite(scores.data).all())

    def _scores(self, history: Histories) -> Floats:
        if not self.model.uses_tensorflow():
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


def batches(n: int, n_items: int, least: int = 1) -> Iterator[Ints]:
    """Row indices of n users in batches, few enough for a matrix of their scores.

    Args:
        least: users of a batch, where no such matrix is made.
    """
    size = max(least, min(2000, SCORES_A_BATCH // max(n_items, 1)))
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))


def _pairs(histories: Histories) -> tuple[Ints, Ints]:
    """Row and item of each entry, both int32."""
    return histories.row.astype(np.int32), histories.item.astype(np.int32, copy=False)
