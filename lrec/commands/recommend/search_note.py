"""Recall and latency of an approximate search, for those who were recommended to."""

from __future__ import annotations

import numpy as np

from lrec.commands.recommend.requests import Requests
from lrec.evaluation.approximate.approximate_ranker import ApproximateRanker
from lrec.evaluation.approximate.search_report import SAMPLE, report_search


def search_note(ranker: ApproximateRanker, requests: Requests) -> str:
    """Recall and latency of a sample of the users, and the number of lists that are exact."""
    searched = [ranker.searches(part) for part in requests.batches(len(ranker.index))]
    rows = np.flatnonzero(np.concatenate(searched))
    n_exact, n = len(requests.users) - len(rows), len(requests.users)
    why = "no history, or more items left out than a search looks for"
    if not len(rows):
        return f"retrieval=hnsw: all lists are exact: {why}"
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(1).choice(rows, SAMPLE, replace=False))
    report = str(report_search(ranker, requests.queries(rows)))
    return f"{report}; {n_exact:,} of {n:,} lists are exact: {why}" if n_exact else report
