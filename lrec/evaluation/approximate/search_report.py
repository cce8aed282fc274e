"""Recall and latency of approximate search against exact ranking."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.sets import is_among
from lrec.data.queries import Queries
from lrec.evaluation.approximate.approximate_ranker import ApproximateRanker
from lrec.evaluation.ranking import Ranking

SAMPLE = 200  # users who are ranked both ways, at most


@dataclass(frozen=True)
class SearchReport:
    """Measurements of an approximate search.

    Attributes:
        k: length of the lists.
        n_items: of the index.
        seconds: that building the index took, or reading it.
        is_kept: True if the index was read.
        users: who were ranked both ways, one request each.
        recall: share of the exact lists' items that were found.
        approximate: their seconds a request, at the 50th and at the 99th percentile.
        exact: of the same requests, ranked exactly.
    """

    k: int
    n_items: int
    seconds: float
    is_kept: bool
    users: int
    recall: float
    approximate: tuple[float, float]
    exact: tuple[float, float]

    def __str__(self) -> str:
        times = [f"{1000 * t:.2f}" for t in (*self.approximate, *self.exact)]
        return (
            f"retrieval=hnsw: recall@{self.k} {self.recall:.3f} against the exact lists of "
            f"{self.users:,} users; a request takes {times[0]} ms (p50), {times[1]} ms (p99), "
            f"exact {times[2]} and {times[3]} ms; the index of {self.n_items:,} items "
            f"{'was read in' if self.is_kept else 'took'} {self.seconds:.1f} s"
        )


def report_search(ranker: ApproximateRanker, queries: Queries) -> SearchReport:
    """Rank users both ways, one after the other, as single requests.

    Args:
        queries: that are searched, one at least.
    """
    requests = [queries.take(np.array([row])) for row in range(len(queries))]
    found, approximate = _timed(ranker, requests)
    wanted, exact = _timed(ranker.exact, requests)
    return SearchReport(
        k=ranker.k,
        n_items=len(ranker.index),
        seconds=ranker.index.seconds,
        is_kept=ranker.index.is_kept,
        users=len(requests),
        recall=_recall([one.items[0] for one in found], [one.items[0] for one in wanted]),
        approximate=_percentiles(approximate),
        exact=_percentiles(exact),
    )


def _timed(
    rank: Callable[[Queries], Ranking], requests: list[Queries]
) -> tuple[list[Ranking], list[float]]:
    rank(requests[0])  # the first one traces a graph
    rankings, seconds = [], []
    for request in requests:
        start = time.perf_counter()
        rankings.append(rank(request))
        seconds.append(time.perf_counter() - start)
    return rankings, seconds


def _recall(found: list[Ints], wanted: list[Ints]) -> float:
    """Mean share of the wanted items that were found; -1 ends a list."""
    pairs = zip(found, wanted, strict=True)
    shares = [is_among(exact[exact >= 0], own).mean() for own, exact in pairs]
    return float(np.mean(shares))


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(seconds, [50, 99])
    return float(p50), float(p99)
