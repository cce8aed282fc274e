"""The measured recall of a search, and how it is worded."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.approximate.search_report import SearchReport, report_search
from lrec.evaluation.ranking import Ranking


class Fixed:
    """A ranker of the same lists for everybody."""

    def __init__(self, items: list[int]) -> None:
        self.items = items
        self.asked = 0

    def __call__(self, queries: Queries) -> Ranking:
        assert len(queries) == 1
        self.asked += 1
        items, nothing = np.array([self.items], np.int32), np.empty(0, np.float32)
        return Ranking(items, items.astype(np.float32), nothing, np.ones(1, bool), 0)


class Searching(Fixed):
    k = 4

    def __init__(self, items: list[int], exact: Fixed) -> None:
        super().__init__(items)
        self.exact = exact
        self.index = Index()


class Index:
    seconds = 2.34
    is_kept = False

    def __len__(self) -> int:
        return 12_345


@pytest.mark.parametrize(
    ("found", "wanted", "recall"),
    [([1, 2, 3, 4], [4, 3, 2, 1], 1.0), ([1, 2, 3, 9], [1, 2, 3, 4], 0.75), ([1, 2], [2, -1], 1.0)],
)
def test_recall_is_the_share_of_the_exact_list(
    found: list[int], wanted: list[int], recall: float
) -> None:
    ranker: Any = Searching(found, Fixed(wanted))
    history = Histories.of([[1], [2], [3]])
    report = report_search(ranker, Queries(history, history, Histories.of([[]] * 3)))
    assert report.recall == recall
    assert (report.users, report.n_items, report.seconds) == (3, 12_345, 2.34)
    assert ranker.asked == ranker.exact.asked == 4  # with the one that is not timed
    assert 0 < report.approximate[0] <= report.approximate[1]
    assert 0 < report.exact[0] <= report.exact[1]
    pattern = (
        rf"retrieval=hnsw: recall@4 {recall:.3f} against the exact lists of 3 users; a request "
        r"takes [\d.]+ ms \(p50\), [\d.]+ ms \(p99\), exact [\d.]+ and [\d.]+ ms; the index of "
        r"12,345 items took 2.3 s"
    )
    assert re.fullmatch(pattern, str(report))


def test_times_are_in_milliseconds() -> None:
    text = str(SearchReport(10, 5, 0.1, True, 7, 0.98765, (0.0012, 0.0034), (0.1, 0.25)))
    assert "recall@10 0.988" in text
    assert "1.20 ms (p50), 3.40 ms (p99), exact 100.00 and 250.00 ms" in text
    assert text.endswith("the index of 5 items was read in 0.1 s")
