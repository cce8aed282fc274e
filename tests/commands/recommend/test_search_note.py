"""What `lrec recommend` says and writes of an approximate search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.bench import Bench
from helpers.cli import CommandLine

from lrec.commands.recommend import search_note as module
from lrec.commands.recommend.command import recommend
from lrec.commands.recommend.requests import Requests
from lrec.commands.recommend.search_note import search_note
from lrec.data.histories import Histories
from lrec.evaluation.approximate.approximate_ranker import ApproximateRanker, ranker_of
from lrec.evaluation.approximate.hnsw_index import index_of


@pytest.fixture(scope="module")
def ranker(tiny: Path) -> ApproximateRanker:
    pytest.importorskip("voyager")
    model = Bench(("model=ials",), tiny).model
    ranker = ranker_of(model, 5, index_of(model))
    assert isinstance(ranker, ApproximateRanker)
    return ranker


def requests(rows: list[list[int]], excluded: list[int]) -> Requests:
    histories = Histories.of(rows)
    users = np.array([f"user-{i}" for i in range(len(rows))])
    return Requests(users, histories, histories, np.array(excluded, np.int64))


def test_lists_that_are_exact_are_marked_and_counted(
    ranker: ApproximateRanker, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = requests([[0, 1], [], [2]], [3])
    table = recommend(ranker, three, explain=False)
    kinds = table.groupby("user")["retrieval"].agg(set)
    assert kinds.tolist() == [{"hnsw"}, {"exact"}, {"hnsw"}]
    exact = recommend(ranker.exact, three, explain=False)
    assert table["item"].tolist() == exact["item"].tolist()
    assert "retrieval" not in exact
    note = search_note(ranker, three)
    assert "recall@5 1.000 against the exact lists of 2 users" in note
    assert "1 of 3 lists are exact: no history, or more items left out" in note
    monkeypatch.setattr(module, "SAMPLE", 1)
    assert "exact lists of 1 users" in search_note(ranker, three)
    assert "lists are exact" not in search_note(ranker, requests([[0]], []))


def test_nothing_to_measure_is_said(ranker: ApproximateRanker) -> None:
    note = search_note(ranker, requests([[], []], []))
    assert note.startswith("retrieval=hnsw: all lists are exact: no history")


def test_command_shows_recall_and_keeps_it(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("voyager")
    lrec.give_store(tmp_path)
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    assert lrec(tmp_path, "train", *data, "model=ials").rc == 0
    words = ("run=latest", "users=all", "top=3", "retrieval=hnsw", "hydra.run.dir=lists")
    answer = lrec(tmp_path, "recommend", *words)
    assert (answer.rc, answer.err) == (0, "")
    assert "retrieval=hnsw: recall@3 1.000" in answer.out
    assert "recall@3 1.000 against" in (tmp_path / "lists" / "recommend.log").read_text()
