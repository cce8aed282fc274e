"""Splits that come ready-made: in a column, in files, in other libraries' formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.tables import refused

from lrec.base.errors import DataError
from lrec.data.dataset.csv import CSV
from lrec.data.interactions import Interactions
from lrec.data.queries import Queries, Split
from lrec.data.split.files import Files
from lrec.data.split.leave_one_out import LeaveOneOut

TRAIN = [("ann", "x"), ("ann", "y"), ("bob", "x"), ("bob", "z"), ("cid", "y")]
VALID = [("ann", "z"), ("bob", "y")]
TEST = [("ann", "w"), ("bob", "v"), ("dan", "x"), ("cid", "x")]


def pairs(data: Interactions | Split, queries: Queries) -> set[tuple[str, str]]:
    """The targets by their ids."""
    target = queries.target
    ids = data.catalogue.ids if isinstance(data, Split) else data.item_ids
    users = data.user_ids[target.user][target.row].tolist()
    return set(zip(users, ids[target.item].tolist(), strict=True))


def write(path: Path, rows: list[tuple[str, str]], header: str = "user_id,item_id") -> Path:
    separator = "\t" if "\t" in header else ","
    path.write_text("\n".join([header, *(separator.join(row) for row in rows), ""]))
    return path


def assert_golden(split: Split) -> None:
    """The parts of the rows above: dan is in the test only, and so are v and w."""
    users, items = split.user_ids, split.catalogue.ids
    train = split.train
    assert {
        (str(users[user]), str(items[item]))
        for user, item in zip(train.user[train.row], train.item, strict=True)
    } == set(TRAIN)
    assert pairs(split, split.validation) == set(VALID)
    assert pairs(split, split.test) == set(TEST)
    counts = split.counts
    assert (counts["test_only_users"], counts["test_only_items"]) == (1, 2)
    assert (counts["validation_drawn"], counts["catalogue_items"]) == (0, 3)


def test_a_column_says_the_part(tmp_path: Path) -> None:
    words = {"Train": TRAIN, "dev": VALID, "test": TEST}
    rows = [(*pair, word) for word, part in words.items() for pair in part]
    path = write(tmp_path / "all.csv", rows[::-1], "user_id,item_id,fold")  # type: ignore[arg-type]
    assert_golden(Files()(CSV(str(path), part="fold").load()))
    assert "name no part of a split" in refused(CSV(str(path), part="item_id"))
    assert "no such column" in refused(CSV(str(path), part="folds"))


@pytest.mark.parametrize(("only", "missing"), [("dev", "train and test"), ("train", "test")])
def test_a_column_without_a_part_is_refused(tmp_path: Path, only: str, missing: str) -> None:
    rows = [(*pair, only) for pair in VALID]
    path = write(tmp_path / "all.csv", rows, "user_id,item_id,fold")  # type: ignore[arg-type]
    found = "validation" if only == "dev" else only
    with pytest.raises(DataError, match=f"column fold has.* no row of {missing}: 2 {found}\\."):
        Files()(CSV(str(path), part="fold").load())


def test_files_lie_beside_each_other(tmp_path: Path) -> None:
    path = write(tmp_path / "my_train.csv", TRAIN)
    assert "test_path=auto finds no file" in refused(CSV(str(path), test_path="auto"))
    write(tmp_path / "my_val.csv", VALID)
    test = write(tmp_path / "my_test.csv", TEST)
    data = CSV(str(path), test_path="auto").load()
    assert_golden(Files()(data))
    assert_golden(Files()(CSV(str(path), test_path=str(test)).load()))
    test.write_text(test.read_text().replace("dan", "eve"))  # the cache goes by all files
    assert "eve" in CSV(str(path), test_path="auto").load().user_ids
    write(test, [("ann", "x", "5")], "user_id,item_id,rating")  # type: ignore[list-item]
    assert "different columns, only one has rating" in refused(CSV(str(path), test_path="auto"))


def test_lightgcn_has_a_user_a_line(tmp_path: Path) -> None:
    for name, rows in (("train", [*TRAIN, *VALID]), ("test", TEST)):
        users = dict.fromkeys(user for user, _ in rows)
        lines = [" ".join([u, *(i for v, i in rows if v == u)]) for u in users]
        (tmp_path / f"{name}.txt").write_text("\n".join([*lines, "eve ", ""]))
    data = CSV(str(tmp_path / "train.txt"), test_path="auto", layout="lists").load()
    assert len(data) == len(TRAIN) + len(VALID) + len(TEST)
    assert "eve" not in data.user_ids
    assert "1 users have no items" in data.notes[0]
    split = Files(validation=0.3)(data)
    assert pairs(split, split.test) == set(TEST)
    assert split.counts["validation_drawn"] == len(split.validation.target.item) == 2
    assert len(split.train) == 3  # nobody lost all
    assert pairs(split, split.validation) < {*TRAIN, *VALID}
    assert len(Files(validation=0)(data).validation) == 0


def test_recbole_has_typed_headers(tmp_path: Path) -> None:
    parts = {"train": TRAIN, "valid": VALID, "test": TEST}
    for name, rows in parts.items():
        write(tmp_path / f"shop.{name}.inter", rows, "user_id:token\titem_id:token")
    data = CSV(str(tmp_path / "shop.train.inter"), test_path="auto").load()
    assert_golden(Files()(data))


def test_recbole_groups_histories(tmp_path: Path) -> None:
    """Rows that cut a history at every place, in any order, are one history again."""
    header = "user_id:token\titem_id_list:token_seq\titem_id:token"
    rows = {
        "train": [("1", "a b", "c"), ("2", "q", "a"), ("1", "a", "b")],
        "valid": [("1", "a b c", "d"), ("2", "q a", "b")],
        "test": [("1", "a b c d", "e"), ("2", "q a b", "c")],
    }
    for name, part in rows.items():
        write(tmp_path / f"s.{name}.inter", part, header)  # type: ignore[arg-type]
    path = str(tmp_path / "s.train.inter")
    data = CSV(path, test_path="auto", layout="sequences").load()
    split = Files()(data)
    ids = split.catalogue.ids
    histories = np.split(ids[split.train.item], split.train.offsets[1:-1])
    assert [row.tolist() for row in histories] == [["a", "b", "c"], ["q", "a"]]
    assert pairs(split, split.validation) == {("1", "d"), ("2", "b")}
    assert pairs(split, split.test) == {("1", "e"), ("2", "c")}
    assert ids[split.test.history.item].tolist() == ["a", "b", "c", "d", "q", "a", "b"]
    assert "dataset.layout=sequences reads them" in CSV(path).load().notes[0]
    plain = write(tmp_path / "plain.csv", TRAIN)
    assert "no column of lists" in refused(CSV(str(plain), layout="sequences"))


def test_held_out_pairs_that_are_known_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "train.csv", TRAIN)
    write(tmp_path / "test.csv", [*TEST, ("ann", "x")])
    data = CSV(str(path), test_path="auto").load()
    assert any(note.startswith("1 held-out pairs") for note in data.notes)
    files = Files(validation=0)
    split = files(data)
    assert pairs(split, split.test) == set(TEST)
    with pytest.warns(UserWarning, match="1 of 5 test targets"):
        split = files(CSV(str(path), test_path="auto", duplicates="keep").load())
    assert ("ann", "x") in pairs(split, split.test)


def test_data_without_a_split_is_refused(tiny: Path) -> None:
    data = CSV(str(tiny)).load()
    with pytest.raises(DataError, match="split=files needs data that comes with a split"):
        Files()(data)


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="told by a column or by files"):
        CSV("a", part="fold", test_path="b")
    with pytest.raises(ValueError, match=r"reads users and items only\. Received: rating"):
        CSV("a", layout="sequences", rating="stars")
    with pytest.raises(ValueError, match="must be a share"):
        Files(validation=1)


@pytest.mark.slow
def test_a_published_split_is_read_back(data_folder: Path, tmp_path: Path) -> None:
    """Beauty, whose published split is leave-one-out."""
    import pandas as pd

    source = CSV(str(data_folder / "beauty" / "interactions.csv.gz")).load()
    expected = LeaveOneOut()(source)
    codes = LeaveOneOut().assign(source)
    frame = pd.DataFrame(
        {
            "user": source.user_ids[source.user],
            "item": source.item_ids[source.item],
            "timestamp": source.timestamp,
        }
    )
    for code, name in ((0, "train"), (2, "validation"), (3, "test")):
        frame[codes == code].to_csv(tmp_path / f"{name}.csv", index=False)
    found = Files()(CSV(str(tmp_path / "train.csv"), test_path="auto").load())
    assert found.counts["users"] == 22_363
    for part in ("validation", "test"):
        one, other = getattr(expected, part), getattr(found, part)
        assert pairs(found, other) == pairs(expected, one)
        assert len(other) == 22_363
    assert np.array_equal(found.catalogue.ids, expected.catalogue.ids)
    assert np.array_equal(found.test.history.item, expected.test.history.item)
