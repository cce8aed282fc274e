"""Recommendations for known users, buckets and new people; and the reasons given for them."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine, SilentCallback
from helpers.composing import checked, composed

from lrec.base.errors import DataError
from lrec.commands.recommend.command import recommend
from lrec.commands.recommend.explanation import explain_items
from lrec.commands.recommend.users import known_users, new_users
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.data.queries import Split
from lrec.evaluation.evaluator import Evaluator
from lrec.model import Model
from lrec.reporting.terminal import Screen, show_warnings

SMALL = ("split=leave_one_out", "schedule.epochs=2", "model=itemknn")


@pytest.fixture(scope="module")
def parts(tiny: Path) -> Any:
    found = checked(composed("dataset=csv", f"dataset.path={tiny}", *SMALL))
    found.strategy.start()
    return found


@pytest.fixture(scope="module")
def split(parts: Any) -> Split:
    found: Split = parts.split(parts.dataset.load())
    return found


@pytest.fixture(scope="module")
def model(parts: Any, split: Split) -> Model:
    parts.model.fit(split, parts.schedule, parts.strategy, 1, SilentCallback())
    found: Model = parts.model
    return found


def test_reasons_are_the_items_without_which_the_score_falls_most(
    model: Model, split: Split
) -> None:
    known = split.test.history.within(model.catalogue.n_items)
    known = known.take(np.flatnonzero(known.lengths > 0))
    lists = [row[row >= 0] for row in np.tile(np.arange(4), (len(known), 1))]
    found = explain_items(model, known, np.array(lists))
    for row, items in enumerate(lists):
        history = known.item[known.offsets[row] : known.offsets[row + 1]].tolist()
        for place, item in enumerate(items):
            left = {}
            for one in history:
                rest = [other for other in history if other != one]
                score = model.score(Histories.of([rest]))[0, item] if rest else -np.inf
                left[one] = float(score)
            named = int(found[row, place])
            assert left[named] == pytest.approx(min(left.values()), abs=1e-5)


def test_reasons_end_where_the_list_ends(model: Model) -> None:
    found = explain_items(model, Histories.of([[3, 5]]), np.array([[1, -1]]))
    assert found[0, 0] in (3, 5)
    assert found[0, 1] == -1


def test_lists_lack_the_history_and_what_is_excluded(model: Model) -> None:
    people = np.array(["a", "b", "c"])
    histories = Histories.of([[0, 1], [], [2]])
    table = recommend(model, people, histories, np.array([4, 5]), 6, explain=True)
    ids = model.catalogue.ids
    assert table["user"].tolist() == ["a"] * 6 + ["b"] * 6 + ["c"] * 6
    assert table["rank"].tolist() == list(range(1, 7)) * 3
    assert not set(table["item"]) & {str(ids[4]), str(ids[5])}
    assert not set(table.loc[table["user"] == "a", "item"]) & {str(ids[0]), str(ids[1])}
    assert table.groupby("user")["score"].apply(lambda s: s.is_monotonic_decreasing).all()
    assert table.groupby("user")["own"].first().tolist() == [True, False, True]
    because = table.groupby("user")["because"].agg(set)
    assert because["a"] <= {str(ids[0]), str(ids[1])}
    assert because["b"] == {""}
    assert because["c"] == {str(ids[2])}


def test_titles_stand_beside_the_ids(model: Model) -> None:
    n_items = model.catalogue.n_items
    titles = np.array([f"Thing No. {i}" for i in range(len(model.catalogue.ids))])
    named = replace(model.catalogue, features=ItemFeatures(titles))
    before, model.catalogue = model.catalogue, named
    try:
        table = recommend(model, np.array(["a"]), Histories.of([[0]]), np.arange(0), 3, True)
    finally:
        model.catalogue = before
    place = {str(i): code for code, i in enumerate(model.catalogue.ids[:n_items])}
    assert table["title"].tolist() == [f"Thing No. {place[item]}" for item in table["item"]]
    assert table["because_title"].tolist() == ["Thing No. 0"] * 3


ODD = "[/] [red]x[/red] :heart: \x1b[31m\r\n\x9b2J\u202e é \u200d"
PLAIN = r"[/] [red]x[/red] :heart: \x1b[31m\r\n\x9b2J\u202e é " + "\u200d"


def test_what_data_holds_is_shown_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.rows(pd.DataFrame({"[b]item\x1b": [ODD, "x"], "score": [0.5, 2.0], "whole": [1, 2]}))
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == [r"[b]item\x1b", "score", "whole"]
    assert first.split() == [*PLAIN.split(), "0.5000", "1"]
    assert second.split() == ["x", "2.0000", "2"]


def test_notes_are_plain_text_of_one_line_or_several(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    odd, shown = ODD.replace("\n", ""), PLAIN.replace(r"\n", "")
    screen.note(f"\nfolder: {odd}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show_warnings(screen)
        warnings.warn(odd, stacklevel=1)
    screen.composed({"dataset": odd}, [f"dataset.path={odd}"], 3)
    assert capsys.readouterr().out.splitlines() == [
        "",
        f"folder: {shown}",
        f"note: {shown}",
        f"dataset={shown} seed=3",
        f"changed: dataset.path={shown}",
    ]


def test_known_people_bring_all_that_the_data_has(parts: Any, model: Model) -> None:
    data = parts.dataset.load()
    people, histories = known_users(parts, ["person-020", "person-003"], model.catalogue)
    assert people.tolist() == ["person-020", "person-003"]
    for row, person in enumerate(people):
        theirs = data.item_ids[data.item[data.user_ids[data.user] == person]]
        inside = set(theirs) & set(model.catalogue.ids[: model.catalogue.n_items])
        found = histories.item[histories.offsets[row] : histories.offsets[row + 1]]
        assert set(model.catalogue.ids[found]) == inside


def test_buckets_part_all_users(parts: Any, model: Model) -> None:
    everybody, _ = known_users(parts, "all", model.catalogue)
    groups = [known_users(parts, g, model.catalogue)[0].tolist() for g in ("tail", "head")]
    torso = known_users(parts, "torso", model.catalogue)[0].tolist()
    assert sorted([*groups[0], *groups[1], *torso]) == sorted(everybody.tolist())
    with pytest.raises(DataError, match="users=cold is nobody"):
        known_users(parts, "cold", model.catalogue)


def test_buckets_of_users_held_out_are_those_of_the_evaluation(tiny: Path, model: Model) -> None:
    """The length of the fold-in part decides; only single interactions leave nothing to go by."""
    words = ("split=user_holdout", "split.validation=0.3", "split.test=0.3")
    some = ("dataset=csv", f"dataset.path={tiny}", "bucket=[activity,counts]")
    parts: Any = checked(composed(*words, *some))
    data = parts.dataset.load()
    split = parts.split(data)
    judged = Evaluator(split, parts.metric, parts.bucket, parts.k)
    told: dict[str, set[str]] = {}
    for part, queries in judged.parts.items():
        for buckets in judged.buckets[part]:
            for user, bucket in zip(queries.user, buckets.column, strict=True):
                told.setdefault(bucket, set()).add(str(data.user_ids[user]))
    assert len(told) > 2
    for bucket, users in told.items():
        assert users <= set(known_users(parts, bucket, model.catalogue)[0].tolist())
    pretrained = np.isin(np.arange(data.n_users), split.train.user)
    cold = set(known_users(parts, "cold", model.catalogue)[0].tolist())
    assert cold == set(data.user_ids[~pretrained & (data.activity == 1)].tolist())


def test_new_people_come_from_a_table_in_the_order_of_time(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "user,item,timestamp\nzoe,thing-03,30\namy,thing-01,5\nzoe,thing-00,10\nzoe,nothing,20\n"
    )
    with pytest.warns(UserWarning, match="1 of 4 ids are unknown"):
        people, histories = new_users(str(path), model.catalogue)
    assert people.tolist() == ["zoe", "amy"]
    ids = model.catalogue.ids[histories.item].tolist()
    assert ids == ["thing-00", "thing-03", "thing-01"]
    assert histories.lengths.tolist() == [2, 1]
    path.write_text("item\nthing-03\nthing-01\n")
    people, histories = new_users(str(path), model.catalogue)
    assert people.tolist() == ["new"]
    assert model.catalogue.ids[histories.item].tolist() == ["thing-03", "thing-01"]


def listed(histories: Histories, catalogue: Catalogue) -> list[list[str]]:
    ids = catalogue.ids[histories.item].tolist()
    return [ids[a:b] for a, b in pairwise(histories.offsets.tolist())]


@pytest.mark.parametrize(
    "times",
    [
        ("1600000000900", "1600000000100", "1600000000500"),
        ("1.6e18", "1.5e18", "1.55e18"),
        ("3", "-1", "0.5"),
        ("2020-01-02", "2019-12-31T23:00:00Z", "2020-01-01"),
        ("2020-01-02", "5", "2020-01-01"),
    ],
)
def test_times_of_any_unit_order_what_people_took(
    model: Model, tmp_path: Path, times: tuple[str, ...]
) -> None:
    path = tmp_path / "people.csv"
    lines = [f"zoe,thing-0{place},{time}" for place, time in enumerate(times)]
    path.write_text("\n".join(["user,item,timestamp", *lines]))
    _, histories = new_users(str(path), model.catalogue)
    assert listed(histories, model.catalogue) == [["thing-01", "thing-02", "thing-00"]]


def test_times_must_be_times(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("user,item,timestamp\nzoe,thing-01,1600000000900\nzoe,thing-02,soon\n")
    with pytest.raises(DataError, match=r"not a time .*data row 2\. Received: 'soon'$"):
        new_users(str(path), model.catalogue)


def test_rows_without_a_user_are_counted_and_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("user,item\nzoe,thing-03\n,thing-01\n,thing-02\n")
    words = r"^2 of 3 rows have no user id \(the first is data row 2\): "
    with pytest.raises(DataError, match=words):
        new_users(str(path), model.catalogue)


def test_rows_without_an_item_are_left_out(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("user,item\nzoe,thing-03\namy,\n")
    with pytest.warns(UserWarning, match="1 of 2 ids are unknown, such as an empty one"):
        people, histories = new_users(str(path), model.catalogue)
    assert people.tolist() == ["zoe", "amy"]
    assert listed(histories, model.catalogue) == [["thing-03"], []]


def test_numbers_of_a_parquet_file_are_ids_as_the_data_reads_them(
    model: Model, tmp_path: Path
) -> None:
    ids = np.array([str(number) for number in range(len(model.catalogue.ids))])
    catalogue = replace(model.catalogue, ids=ids)
    path = tmp_path / "people.parquet"
    pd.DataFrame({"user": [7.0, 7.0, 8.0], "item": [1.0, 3.0, 2.0]}).to_parquet(path)
    people, histories = new_users(str(path), catalogue)
    assert people.tolist() == ["7", "8"]
    assert listed(histories, catalogue) == [["1", "3"], ["2"]]


def test_unknown_people_and_items_are_refused(parts: Any, model: Model, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"users: 1 of 2 ids are unknown, such as nobody"):
        known_users(parts, ["person-003", "nobody"], model.catalogue)
    with pytest.raises(DataError, match=r"history: 1 of 1 ids are unknown"):
        new_users(["nothing"], model.catalogue)
    with pytest.raises(DataError, match="neither a list of item ids nor a file"):
        new_users(str(tmp_path / "none.csv"), model.catalogue)
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no item column"):
        new_users(str(path), model.catalogue)


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
    asked = ("users=tail", "to=lists/tail.parquet", "exclude=[thing-00]")
    written = lrec(folder, "recommend", f"run={run}", *asked)
    assert (written.rc, written.err) == (0, "")
    table = pd.read_parquet(folder / "lists" / "tail.parquet")
    assert len(table) == 10 * table["user"].nunique()
    assert "thing-00" not in set(table["item"])
    assert re.search(r"recommendations for \d+ people: lists/tail.parquet", written.out)
    assert [path.name for path in (folder / "lists").iterdir()] == ["tail.parquet"]


@pytest.mark.parametrize("unknown", ["[nothing,thing-00]", "[nothing,nowhere]"])
def test_unknown_ids_to_exclude_are_left_out_with_a_note(
    unknown: str, trained: tuple[Path, str], lrec: CommandLine
) -> None:
    folder, run = trained
    asked = ("history=[thing-02]", f"exclude={unknown}", f"to=without{len(unknown)}.csv", "top=40")
    answer = lrec(folder, "recommend", f"run={run}", *asked)
    assert (answer.rc, answer.err) == (0, "")
    count = 2 - unknown.count("thing-00")
    assert f"note: exclude: {count} of 2 ids are unknown, such as nothing" in answer.out
    items = set(pd.read_csv(folder / f"without{len(unknown)}.csv")["item"])
    assert ("thing-00" in items) == (count == 2)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((), "either users or history"),
        (("users=tial",), "did you mean tail"),
        (("users=tail", "model=vae"), "was decided when the run was trained"),
    ],
)
def test_command_refuses_what_makes_no_sense(
    said: tuple[str, ...], words: str, trained: tuple[Path, str], lrec: CommandLine
) -> None:
    folder, run = trained
    answer = lrec(folder, "recommend", f"run={run}", *said)
    assert answer.rc == 2
    assert words in answer.complaint
