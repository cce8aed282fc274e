"""Lines on the data that training and `lrec data` print."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrec.commands.data_lines import data_lines, validation_line
from lrec.data.dataset.csv import CSV
from lrec.data.split.ratio import Ratio

ROWS = "".join(f"u{n % 5},i{n % 7},{n},2021-03-{1 + n % 28:02}\n" for n in range(70))


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))


def lines(tmp_path: Path, rows: str, **options: object) -> list[str]:
    path = tmp_path / "a.csv"
    path.write_text("customer,sku,price,ordered_at\n" + rows)
    data = CSV(str(path), **options).load()  # type: ignore[arg-type]
    return data_lines(data, Ratio()(data), [])


def test_columns_and_rows_are_told_also_of_prepared_data(tmp_path: Path) -> None:
    for _ in range(2):
        columns, rows, *_ = lines(tmp_path, ROWS + ",i1,1,2021-03-01\nu1,i1,2,\n", missing="drop")
        assert columns == (
            "columns: user=customer, item=sku, timestamp=ordered_at; not used: price"
        )
        assert rows == (
            "rows: 72 read; dropped: 1 without a user or item id (dataset.missing_id), 1 without a "
            "time (dataset.missing_timestamp), 35 repeats of a user and item "
            "(dataset.duplicates=keep keeps them, sum counts them); 35 kept"
        )


def test_every_step_has_its_key(tmp_path: Path) -> None:
    kinds = {"behavior": "price", "behaviors": {str(n): 1.0 for n in range(0, 70, 2)}}
    line = lines(tmp_path, ROWS + "u1,i1,,2021-03-01\n", missing="drop", **kinds)[1]
    assert "1 without a behaviour (dataset.missing_behavior)" in line
    assert "35 of other behaviours (dataset.behaviors)" in line
    line = lines(tmp_path, ROWS + "u9,i1,69,\n", missing="drop", rating="price", min_rating=50)[1]
    assert "of lower ratings (dataset.min_rating)" in line
    line = lines(tmp_path, ROWS + "u9,i1,69,2021-03-01\n", k_core=2)[1]
    assert "1 of rare users and items (dataset.k_core); 35 kept" in line


def test_nothing_is_said_of_rows_that_are_all_kept(tmp_path: Path) -> None:
    assert not [x for x in lines(tmp_path, ROWS, duplicates="keep") if x.startswith("rows")]


def test_a_sample_of_validation_users_is_told() -> None:
    assert validation_line(90, 90, None) == ""
    assert validation_line(1_000, 90_000, 1_000) == (
        "validated: a fixed sample of 1,000 of the 90,000 validation users (validate_users, seed "
        "0); the test is whole"
    )
    assert validation_line(90, 90, 100) == (
        "validated: all 90 users, as validate_users=100 asks for more"
    )
