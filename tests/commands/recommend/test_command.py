"""Lists of `lrec recommend`, their files, and refusals."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine

from lrec.commands.recommend.command import recommend
from lrec.commands.recommend.requests import Requests
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.evaluation.ranking import Ranker
from lrec.model import Model

SMALL = ("split=leave_one_out", "schedule.epochs=2", "model=itemknn")


def test_lists_lack_the_history_and_what_is_excluded(model: Model) -> None:
    users = np.array(["a", "b", "c"])
    histories = Histories.of([[0, 1], [], [2]])
    requests = Requests(users, histories, histories, np.array([4, 5]))
    table = recommend(Ranker(model, 6), requests, explain=True)
    ids = model.catalogue.ids
    assert table["user"].tolist() == ["a"] * 6 + ["b"] * 6 + ["c"] * 6
    assert table["rank"].tolist() == list(range(1, 7)) * 3
    assert not set(table["item"]) & {str(ids[4]), str(ids[5])}
    assert not set(table.loc[table["user"] == "a", "item"]) & {str(ids[0]), str(ids[1])}
    assert table.groupby("user")["score"].apply(lambda s: s.is_monotonic_decreasing).all()
    assert table.groupby("user")["personalised"].first().tolist() == [True, False, True]
    because = table.groupby("user")["because"].agg(set)
    assert because["a"] <= {str(ids[0]), str(ids[1])}
    assert because["b"] == {""}
    assert because["c"] == {str(ids[2])}


def test_what_is_left_out_does_not_depend_on_who_else_asks(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories = Histories.of([[0, 1], [2], [], [3, 4]])
    own = histories.take(np.array([1, 2, 2, 3]))
    requests = Requests(np.array(list("abcd")), histories, own, np.array([5, 6]))
    table = recommend(Ranker(model, 50), requests, False)
    monkeypatch.setattr(
        "lrec.evaluation.ranking.user_batches.SCORES_A_BATCH", model.catalogue.n_items
    )
    pd.testing.assert_frame_equal(recommend(Ranker(model, 50), requests, False), table)
    ids = model.catalogue.ids
    lists = table.groupby("user")["item"].agg(set)
    assert {ids[0], ids[1]} < lists["a"]
    assert ids[2] not in lists["a"]
    assert ids[2] in lists["b"]
    assert not lists["d"] & set(ids[3:7])
    assert table.groupby("user").size().tolist() == [
        model.catalogue.n_items - n for n in (3, 2, 2, 4)
    ]


def test_titles_stand_beside_the_ids(model: Model) -> None:
    n_items = model.catalogue.n_items
    titles = np.array([f"Thing No. {i}" for i in range(len(model.catalogue.ids))])
    named = replace(model.catalogue, features=ItemFeatures(titles))
    before, model.catalogue = model.catalogue, named
    try:
        own = Histories.of([[0]])
        table = recommend(Ranker(model, 3), Requests(np.array(["a"]), own, own, np.arange(0)), True)
    finally:
        model.catalogue = before
    index = {str(i): code for code, i in enumerate(model.catalogue.ids[:n_items])}
    assert table["title"].tolist() == [f"Thing No. {index[item]}" for item in table["item"]]
    assert table["because_title"].tolist() == ["Thing No. 0"] * 3


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path
) -> tuple[Path, str]:
    """A folder with a run of itemknn, and the run's id."""
    folder = tmp_path_factory.mktemp("recommend")
    lrec.give_store(folder)
    answer = lrec(folder, "train", "dataset=csv", f"dataset.path={tiny}", *SMALL)
    assert answer.rc == 0, answer.err
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        (run,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    return folder, run.info.run_id


def test_command_shows_lists_and_writes_them(trained: tuple[Path, str], lrec: CommandLine) -> None:
    folder, run = trained
    shown = lrec(
        folder, "recommend", f"run={run}", "history=[thing-02,thing-04]", "top=3", "explain=true"
    )
    assert (shown.rc, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines() if line.startswith("new")]
    assert [line[1] for line in lines] == ["1", "2", "3"]
    assert {line[-1] for line in lines} <= {"thing-02", "thing-04"}
    stocked = ("history=[thing-02]", "exclude=none", "only=[thing-02,thing-04]", "to=stock.csv")
    assert lrec(folder, "recommend", f"run={run}", *stocked).rc == 0
    assert set(pd.read_csv(folder / "stock.csv")["item"]) == {"thing-02", "thing-04"}
    overrides = ("users=tail", "to=lists/tail.parquet", "exclude=[thing-00]")
    written = lrec(folder, "recommend", f"run={run}", *overrides)
    assert (written.rc, written.err) == (0, "")
    table = pd.read_parquet(folder / "lists" / "tail.parquet")
    assert "retrieval" not in table
    assert len(table) == 10 * table["user"].nunique()
    assert "thing-00" not in set(table["item"])
    assert re.search(r"recommendations for \d+ users: lists/tail.parquet", written.out)
    assert [path.name for path in (folder / "lists").iterdir()] == ["tail.parquet"]


@pytest.mark.parametrize("unknown", ["[nothing,thing-00]", "[nothing,nowhere]"])
def test_unknown_ids_to_exclude_are_left_out_with_a_note(
    unknown: str, trained: tuple[Path, str], lrec: CommandLine
) -> None:
    folder, run = trained
    overrides = (
        "history=[thing-02]",
        f"exclude={unknown}",
        f"to=without{len(unknown)}.csv",
        "top=40",
    )
    answer = lrec(folder, "recommend", f"run={run}", *overrides)
    assert (answer.rc, answer.err) == (0, "")
    count = 2 - unknown.count("thing-00")
    assert f"note: exclude: {count} of 2 ids are unknown, such as nothing" in answer.out
    items = set(pd.read_csv(folder / f"without{len(unknown)}.csv")["item"])
    assert ("thing-00" in items) == (count == 2)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ((), "either users or history"),
        (("users=tial",), "did you mean tail"),
        (("users=K02122",), "'users=[K02122]', or a bucket"),
        (("users=tail", "to=ratings.csv"), "holds something else than recommendations"),
        (("users=tail", "exclude=target"), "did you mean targets"),
        (("history=[thing-01]", "exclude=targets"), "needs users of the data"),
        (("users=tail", "model=vae"), "was decided when the run was trained"),
        (("users=tail", "retrieval=ann"), "retrieval must be exact or hnsw"),
    ],
)
def test_wrong_requests_are_one_line(
    overrides: tuple[str, ...], words: str, trained: tuple[Path, str], lrec: CommandLine
) -> None:
    folder, run = trained
    (folder / "ratings.csv").write_text("user,item\n1,2\n")
    answer = lrec(folder, "recommend", f"run={run}", *overrides)
    assert answer.rc == 2
    assert words in answer.complaint


def test_data_that_has_changed_is_noted_and_its_reading_is_not_repeated(
    trained: tuple[Path, str], lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    lrec.give_store(tmp_path)
    table = tmp_path / "log.csv"
    table.write_bytes(tiny.read_bytes() + "josé,thing-01,3,1600000000\n".encode("cp1252"))
    data = ("dataset=csv", f"dataset.path={table}")
    first = lrec(tmp_path, "train", *data, *SMALL)
    assert (first.rc, first.err) == (0, "")
    assert "is no UTF-8 text" in first.out
    request = ("recommend", "run=latest", "users=[josé]", "top=2")
    same = lrec(tmp_path, *request)
    assert (same.rc, same.err) == (0, "")
    assert "note:" not in same.out
    assert "is no UTF-8 text" in lrec(tmp_path, "data", *data, "split=leave_one_out").out
    with table.open("ab") as file:
        file.write("josé,thing-02,3,1600000001\n".encode("cp1252"))
    later = lrec(tmp_path, *request)
    assert (later.rc, later.err) == (0, "")
    assert "note: the data has changed since the run was trained" in later.out


@pytest.mark.parametrize(
    ("history", "words"),
    [("SKU-1", "(one id is a list too: 'history=[SKU-1]')"), ("[THING-02 ]", "mean thing-02?")],
)
def test_ids_that_are_nearly_right_are_shown_as_they_should_be(
    history: str, words: str, trained: tuple[Path, str], lrec: CommandLine
) -> None:
    folder, run = trained
    answer = lrec(folder, "recommend", f"run={run}", f"history={history}")
    assert answer.rc == 1
    assert words in answer.complaint


def test_the_run_is_told_however_it_was_named(trained: tuple[Path, str], lrec: CommandLine) -> None:
    folder, run = trained
    answer = lrec(folder, "recommend", "run=latest", "history=[thing-02]", "top=1")
    line = answer.out.splitlines()[0]
    assert line.startswith(f"run {run}: ")
    assert "on csv (" in line
    assert ", trained 20" in line


@pytest.mark.parametrize(
    "words", [("recommend", "run=latest", "users=all"), ("compare",), ("evaluate", "run=vae")]
)
def test_reading_in_another_folder_leaves_nothing_there(
    words: tuple[str, ...], lrec: CommandLine, tmp_path: Path
) -> None:
    answer = lrec(tmp_path, *words)
    assert answer.rc == 1
    assert f"there is no store sqlite:///{tmp_path}/mlflow.db" in answer.complaint
    assert list(tmp_path.iterdir()) == []
