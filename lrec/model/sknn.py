"""Session neighbours: what other people had whose histories hold items of the query's."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Arrays, Bools, Floats, Ints, Sparse, offsets_of
from lrec.base.ranges import check_recency, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.history_matrix import distinct, history_matrix
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common.export_scorer import ExportScorer
from lrec.model.common.protocols import Callback, Schedule, StatelessCallback, Strategy
from lrec.model.common.sparse_products import candidates, largest
from lrec.model.sessions.kept_sessions import KeptSessions

# Numbers that a thread holds of a block of queries.
NUMBERS = 2**22
LEAST = np.finfo(np.float32).tiny  # of a weight: one that vanished would be no entry of a product


class SKNN(Model):
    """Neighbours among histories: V-SKNN (Ludewig and Jannach 2018) with STAN's decays.

    A history s is similar to a query q by sim(q, s) = Σ recency^(steps back in q) over the items
    of both, / |s|^length · 2^(−age of s / half_life). Of those that have an item that q has not,
    the most similar ones vote: score(j) = Σ_s sim(q, s) · distance^|steps from m to j in s| /
    popularity of j ^ popularity, times `backward` where j comes before m: the item of both that is
    newest in q. Decays are those of Garg et al. 2019.

    A user's own history adds nothing to a query that goes on from it, and so takes no neighbour's
    place. The model *is* other people's histories, see `KeptSessions`: who knows some items of a
    person can find the others in it.

    Args:
        neighbours: histories that vote.
        sessions: histories that are kept, those with the newest interactions; where times of
            different users cannot be compared, any.
        longest: newest items that a history keeps.
        sample: neighbours are sought among so many histories, the newest of those that share an
            item with the query; 0 for all of those.
        recency: weight of a query's item for each step back from the newest; 1 weighs all alike.
        length: power of a history's length that its similarity is divided by: 0.5 is the cosine,
            0 counts the items of both.
        half_life: days of age that halve the weight of a history; 0 weighs old and new alike.
        distance: weight of a history's item for each step away from the match.
        backward: weight of what was before the match, relative to what came after it.
        popularity: power of the penalty on popular items.
    """

    name = "sknn"
    papers = ("ludewig2018session", "garg2019stan")
    seeded = False
    contains_histories = True

    def __init__(
        self,
        neighbours: int = 200,
        sessions: int = 50_000,
        longest: int = 200,
        sample: int = 0,
        recency: float = 0.7,
        length: float = 0.5,
        half_life: float = 0.0,
        distance: float = 0.9,
        backward: float = 0.5,
        popularity: float = 0.25,
    ) -> None:
        check_sizes(neighbours=neighbours, sessions=sessions, longest=longest)
        check_recency(recency)
        if not 0 < distance <= 1:
            raise ValueError(f"distance must be above 0 and at most 1. Received: {distance}")
        if min(sample, length, half_life, backward, popularity) < 0:
            raise ValueError(
                "sample, length, half_life, backward and popularity must not be negative. "
                f"Received: {sample}, {length}, {half_life}, {backward} and {popularity}"
            )
        self.neighbours = neighbours
        self.sessions = sessions
        self.longest = longest
        self.sample = sample
        self.recency = recency
        self.length = length
        self.half_life = half_life
        self.distance = distance
        self.backward = backward
        self.popularity = popularity

    def fit(
        self,
        split: Split,
        schedule: Schedule | None = None,
        strategy: Strategy | None = None,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> None:
        """Keep the newest histories of `split.train`, and say so."""
        self._set(KeptSessions.newest(split, self.sessions, self.longest), split.catalogue)
        (callback or StatelessCallback()).say(
            f"model={self.name} contains {len(self.stored.histories):,} histories of the training "
            "data, without user ids"
        )

    def state(self) -> Arrays:
        return self.stored.state()

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self._set(KeptSessions.restored(state), catalogue)

    def _set(self, kept: KeptSessions, catalogue: Catalogue) -> None:
        """Set what is kept, and the weights that scoring takes of it."""
        self.stored = kept
        self.catalogue = catalogue
        self._of_items = kept.of_items(catalogue.n_items)
        weight = kept.histories.lengths.astype(float) ** -self.length
        if self.half_life:
            weight *= 2 ** (-kept.age / self.half_life)
        self.factor: Floats = weight.astype(np.float32)  # of each history
        popularity = np.maximum(catalogue.popularity, 1)
        self.penalty: Floats = np.power(popularity, -self.popularity, dtype=np.float32)
        # of an item, by its steps from the match
        self.powers: Floats = np.power(self.distance, np.arange(self.longest), dtype=np.float32)

    def score(self, histories: Histories) -> Floats:
        scores: Floats = self.sparse_scores(histories).toarray()
        return scores

    @property
    def scores_sparsely(self) -> bool:
        return True

    def sparse_scores(self, histories: Histories) -> Sparse:
        from scipy.sparse import csr_array, vstack

        n_items, kept = self.catalogue.n_items, self.stored.histories
        if not len(histories) or not len(kept):
            return csr_array((len(histories), n_items), dtype=np.float32)
        inside = replace(distinct(histories, n_items), weight=None)
        votes = self.neighbours * int(kept.lengths.max())
        size = max(1, NUMBERS // max(n_items, len(kept), votes))
        starts = range(0, len(inside), size)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ends = [min(start + size, len(inside)) for start in starts]
            parts = list(pool.map(self._votes, map(inside.between, starts, ends)))
        return vstack(parts, format="csr")

    def _votes(self, queries: Histories) -> Sparse:
        """The scores of a block of queries without items that come twice."""
        from scipy.sparse import csr_array

        n, n_items = len(queries), self.catalogue.n_items
        similarity, session, counts = self._neighbours(queries)
        places = np.zeros((n, n_items), np.int32)
        places[queries.row, queries.item] = np.arange(1, len(queries.item) + 1)
        others = self.stored.histories.take(session)
        place = places[np.repeat(np.arange(n), counts)[others.row], others.item]
        newest = np.maximum.reduceat(place, others.offsets[:-1]) if len(session) else place
        match = np.flatnonzero(place == newest[others.row])
        away = np.arange(len(place)) - match[others.row]
        votes = self.powers[np.abs(away)]
        votes[away < 0] *= np.float32(self.backward)
        each = np.arange(len(session), dtype=np.int32)
        voters = csr_array((similarity, each, offsets_of(counts)), shape=(n, len(session)))
        scores = voters @ csr_array((votes, others.item, others.offsets), (len(session), n_items))
        scores.data *= self.penalty[scores.indices]
        return scores

    def _neighbours(self, queries: Histories) -> tuple[Floats, Ints, Ints]:
        """The most similar histories of each query, and how many each has.

        Returns:
            Similarities and histories, query after query, the most similar first.
        """
        query = history_matrix(queries, self.catalogue.n_items, self.recency)
        query.data = np.maximum(query.data, LEAST)
        overlap = query @ self._of_items
        query.data = np.ones_like(query.data)
        common = query @ self._of_items  # the same entries in the same order
        row = np.repeat(np.arange(len(queries)), np.diff(overlap.indptr))
        session = overlap.indices
        similarity = overlap.data * self.factor[session]
        similarity[common.data == self.stored.histories.lengths[session]] = 0  # they add nothing
        if self.sample:
            similarity[~self._sampled(row, session, similarity > 0)] = 0
        best = candidates(similarity, overlap.indptr, self.neighbours)
        best = best[similarity[best] > 0]
        return largest(row[best], session[best], similarity[best], self.neighbours, overlap.shape)

    def _sampled(self, row: Ints, session: Ints, eligible: Bools) -> Bools:
        """True for the newest histories of each query among those that are eligible."""
        order = np.flatnonzero(eligible)
        order = order[np.lexsort((session[order], self.stored.age[session[order]], row[order]))]
        ordered = row[order]
        sampled = np.zeros(len(row), bool)
        place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
        sampled[order[place < self.sample]] = True
        return sampled

    def export_scorer(self) -> ExportScorer:
        from lrec.model.sessions.session_graph import session_scorer

        return session_scorer(self)
