"""Rows within a second, and rows without ids."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.tables import REPEATS, Write, refused, users_lost

from lrec.base.errors import DataError
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset.csv import CSV
from lrec.data.interactions import CleaningStep
from lrec.data.split.leave_one_out import LeaveOneOut

pytestmark = pytest.mark.usefixtures("cache_folder")

# Users and items come in other orders within a second than in the file, or at the same time.
WITHIN = ["a,z,1,6900", "a,w,2,5900", "a,y,3,5100", "b,x,4,5900", "b,y,5,5900", "a,x,6,6100"]


def test_times_within_a_second_order_rows(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\n" + "\n".join(WITHIN))
    data = CSV(path, time_unit="ms").load().in_file_order()
    assert data.timestamp.tolist() == [6, 5, 5, 5, 5, 6]
    assert data.rating.tolist() == [6, 3, 2, 4, 5, 1]
    split = LeaveOneOut()(data)
    assert split.test.target.rating.tolist() == [1, 5]
    assert split.validation.target.rating.tolist() == [6]


@pytest.mark.parametrize(("policy", "ratings"), [("last", [1]), ("first", [2])])
def test_duplicates_within_a_second(write: Write, policy: str, ratings: list[float]) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,1,5.9\na,x,2,5.1\na,x,3,5.4\n")
    assert CSV(path, duplicates=policy).load().rating.tolist() == ratings


def test_whole_seconds_keep_file_order_whatever_their_unit(write: Write) -> None:
    lines = [line.split(",") for line in REPEATS.splitlines()[1:]]
    thousandths = [",".join([*line[:3], f"{line[3]}000"]) for line in lines]
    path = write("ms.csv", "\n".join([REPEATS.partition("\n")[0], *thousandths]))
    data = CSV(path, time_unit="ms", duplicates="keep").load().in_file_order()
    assert data.rating.tolist() == [1, 2, 3, 4, 5, 6]
    whole = CSV(write("s.csv", REPEATS), duplicates="keep").load()
    assert data.digest == whole.digest
    assert whole.digest.startswith("40da0a3b0169")


def test_place_of_a_missing_value_within_a_second(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,1,5\na,y,,6.9\na,z,,6.1\n")
    assert "2 of 3 rows have no rating (the first is data row 2)" in refused(CSV(path))


def test_rows_without_ids_are_dropped_and_their_users_counted() -> None:
    frame = pd.DataFrame({"user": ["a", "b", "b", None], "item": ["x", None, None, "z"]})
    data = Cleaning(missing_id="drop")(frame, clock=True)
    assert (data.user_ids.tolist(), data.item_ids.tolist()) == (["a"], ["x"])
    assert data.audit == (CleaningStep("missing id", 3, 1, users_lost(n2_4=1)),)
    with pytest.raises(DataError, match="no row"):
        Cleaning(missing_id="drop")(frame[1:], clock=True)
