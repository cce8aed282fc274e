"""Ranking: scoring, masking and top-k of batches of users, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking.batch_ranking import BatchRanker
from lrec.evaluation.ranking.common_ranking import rank_in_common
from lrec.evaluation.ranking.product_ranking import rank_products
from lrec.evaluation.ranking.refused_scores import not_finite, refuse_other_scores
from lrec.evaluation.ranking.user_batches import batches
from lrec.model import Model

# Catalogues of more items are ranked by vectors, a block at a time, where a model has them.
WIDE = 2**13
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
        self._rank_batches = BatchRanker(model, k)

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
            raise not_finite(self.model)
        return items, scores, at_targets

    def _rank_in_common(self, scores: Floats, queries: Queries) -> Ranking:
        shape = (self.model.catalogue.n_items,)
        refuse_other_scores(self.model, scores, shape, "common_scores")
        if not np.isfinite(scores).all():
            raise not_finite(self.model)
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
