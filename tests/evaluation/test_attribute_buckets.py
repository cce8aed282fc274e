"""Groups of users from a table: an attribute or ready-made ones, by plain rules and by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import Buckets, check_names
from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.bucket.column import Column
from lrec.evaluation.bucket.common.attribute_bucketing import AttributeBucketing
from lrec.evaluation.bucket.file import File

CATALOGUE = Catalogue(np.array(["a", "b"]), np.ones(2, int), np.ones(2, int), n_users=8)
IDS = np.array(["01", "02", "1", "ann", "bob", "cy", "dee", "eve"])  # sorted, as data has them


def sort(bucketing: AttributeBucketing, n_train: list[int] | None = None) -> Buckets:
    """All users of the data, each with one item or as many as given."""
    lengths = n_train or [1] * len(IDS)
    users = Histories.of([[0] * length for length in lengths])
    users = replace(users, user=np.arange(len(IDS), dtype=np.int32))
    trained = users.take(np.flatnonzero(users.lengths))
    return bucketing.assign(users, trained, CATALOGUE, IDS)


def written(folder: Path, text: str, name: str = "users.csv") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_categories_are_groups_with_missing_and_other_last(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "user_id,age,country\n01,20,DE\n02,20,Côte d'Ivoire\n1,20,DE\nann,20,fr\nbob,20,\n"
        "cy,20,fr\neve,20,JP\nzoe,20,NA\n",
    )
    buckets = sort(Column(path, "country", groups=3))
    assert buckets.names == ("country_de", "country_fr", "country_other", "country_missing")
    assert buckets.column.tolist() == [
        *("country_de", "country_other", "country_de", "country_fr", "country_missing"),
        *("country_fr", "country_missing", "country_other"),
    ]
    assert buckets.edges == {
        "country_de": "country is DE",
        "country_fr": "country is fr",
        "country_other": "another country",
        "country_missing": "no country",
    }
    assert buckets.note == (
        "1 of the 8 users in users.csv are not in the data; "
        "2 users of the data have no country there"
    )
    assert not buckets.ordered
    everyone = sort(Column(path, "country", groups=5))
    assert everyone.names[:5] == (
        *("country_cote-d-ivoire", "country_de", "country_jp", "country_na", "country_fr"),
    )


@pytest.mark.parametrize(
    ("edges", "groups", "names"),
    [
        ([17, 34.5], 5, ("age_le17", "age_le34p5", "age_over34p5", "age_missing")),
        (None, 3, ("age_q1", "age_q2", "age_q3", "age_missing")),
    ],
)
def test_numbers_are_parted_at_edges_or_at_quantiles_of_training_users(
    tmp_path: Path, edges: list[float] | None, groups: int, names: tuple[str, ...]
) -> None:
    ages = {"01": 17, "02": 18, "1": 34.5, "ann": 35, "bob": 60, "cy": 90, "zoe": 5}
    rows = [f"{user},{age}" for user, age in ages.items()]
    path = written(tmp_path, "\n".join(["user,age", *rows, "dee,NaN"]) + "\n")
    buckets = sort(Column(path, "age", edges=edges, groups=groups), [1, 1, 1, 1, 1, 0, 2, 3])
    assert buckets.names == names
    known = sorted(ages[user] for user in IDS[:5])  # of those with training history and age
    cuts = edges or [known[-(-n * len(known) // groups) - 1] for n in range(1, groups)]
    expected = [names[sum(ages[user] > cut for cut in cuts)] for user in IDS[:5]]
    assert buckets.column.tolist() == [*expected, "cold", "age_missing", "age_missing"]
    assert list(buckets.edges.values())[-2:] == [f"age > {cuts[-1]:g}", "no age"]
    assert Column.in_order(set(buckets.names)) == names


def test_few_numbers_are_categories(tmp_path: Path) -> None:
    path = written(tmp_path, "uid,plan\n01,2\n02,10\n1,2\nann,10\n")
    assert sort(Column(path, "plan", groups=2)).names == ("plan_10", "plan_2", "plan_missing")
    assert Column.in_order(["plan_missing", "plan_10", "plan_2"]) == (
        *("plan_2", "plan_10", "plan_missing"),
    )


def test_ready_made_groups_keep_their_names(tmp_path: Path) -> None:
    path = written(tmp_path, "user;segment\n01;Heavy buyer\n02;日本\n1;heavy-buyer\neve;other\n")
    buckets = sort(File(path))
    assert buckets.names == ("heavy-buyer", "heavy-buyer-2", "other-3", "group4", "missing")
    assert buckets.column[:3].tolist() == ["heavy-buyer", "group4", "heavy-buyer-2"]
    check_names([Activity(), File(path)])
    with pytest.raises(ValueError, match="activity and file both have one"):
        check_names([Activity(), File(written(tmp_path, "user,group\n01,tail\n", "t.csv"))])


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("user,age\n01,3\n01,4\n", {}, "several values of age for 1 users, such as 01"),
        ("person,age\n01,3\n", {}, "no column of users with a usual name"),
        ("user,sex\n01,m\n", {}, "column=age: the file has no such column"),
        ("user,age\n77,3\n78,4\n", {}, "has no user of the data: it has 77, 78, the data 01"),
        ("user,age\n01,\n02,\n", {}, "has no value of age for any user"),
        ("user,age\n01,old\n", {"edges": [30]}, "edges is for a column of numbers"),
    ],
)
def test_unfit_tables_are_refused(
    tmp_path: Path, text: str, arguments: dict[str, list[float]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        sort(Column(written(tmp_path, text), "age", **arguments))  # type: ignore[arg-type]


def test_unfit_arguments_are_refused_before_a_file_is_read(tmp_path: Path) -> None:
    for edges in ([], [3, 2], [2, 2], [-1, 4]):
        with pytest.raises(ValueError, match="edges must be rising"):
            Column("nowhere.csv", "age", edges=edges)
    with pytest.raises(ValueError, match="groups must lie between"):
        File("nowhere.csv", groups=1)
    with pytest.raises(DataError, match=r"bucket\.file\.path does not exist"):
        _ = File(str(tmp_path / "nowhere.csv")).names
