"""Defaults chosen on all data sets but one, recomputed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import choose_defaults
import pytest
from benchmarking.trial_table import RecordedTrial, TrialTable

SPACE = {"model.x": {"low": 0.0, "high": 9.0, "log": False}}
VALUES = {  # by data set: of x=1 (as it is), x=2 and x=3, where the reference has .1 at best
    "a": (0.10, 0.30, 0.20),
    "b": (0.10, 0.20, 0.11),
    "c": (0.10, 0.05, 0.12),
}


def written(folder: Path, data: str, model: str, values: tuple[float | None, ...]) -> None:
    head: dict[str, Any] = {"data": data, "model": model, "monitor": "val/ndcg_at_10/all"}
    table = TrialTable(folder / f"{data}.{model}.jsonl", {**head, "space": SPACE, "seed": 1}, {})
    for number, value in enumerate(values):
        curve = {} if value is None else {"epoch": [1, 2], "all": [value, value / 2]}
        params = {"model.x": 1.0 + number}
        table.add(RecordedTrial(1, number == 0, params, curve, error="" if value else "failed"))


def printed(folder: Path, capsys: pytest.CaptureFixture) -> list[list[str]]:
    words = ["--folder", str(folder), "--models", "rules"]
    assert choose_defaults.main(words) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_each_set_is_left_out_in_turn(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for data, values in VALUES.items():
        written(tmp_path, data, "ease", (0.1, 0.05))
        written(tmp_path, data, "rules", values)
    assert printed(tmp_path, capsys) == [
        ["rules", "model.x=2", "a", "+25.0 %", "+200.0 %", "+0.0 %", "+200.0 %"],  # +100, −50
        ["rules", "model.x=2", "b", "+75.0 %", "+100.0 %", "+0.0 %", "+100.0 %"],  # +200, −50
        ["rules", "model.x=2", "c", "+150.0 %", "−50.0 %", "+0.0 %", "+20.0 %"],
        ["rules", "model.x=2", "none", "+83.3 %", "–", "+0.0 %", "–"],
    ]


def test_a_setting_that_failed_somewhere_is_not_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for data, values in VALUES.items():
        written(tmp_path, data, "ease", (0.1,))
        written(tmp_path, data, "rules", (values[0], None if data == "b" else values[1], values[2]))
    rows = printed(tmp_path, capsys)
    assert [row[1] for row in rows] == ["model.x=3", "model.x=2", "model.x=3", "model.x=3"]


def test_tables_that_do_not_go_together_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    written(tmp_path, "a", "ease", (0.1,))
    written(tmp_path, "a", "rules", (0.1,))
    assert choose_defaults.main(["--folder", str(tmp_path), "--models", "rules"]) == 1
    assert "has 1 data sets with tables of rules and ease" in capsys.readouterr().err
    written(tmp_path, "b", "ease", (0.1,))
    text = (tmp_path / "a.rules.jsonl").read_text().replace('"model.x": 1.0', '"model.x": 8.0')
    (tmp_path / "b.rules.jsonl").write_text(text.replace('"data": "a"', '"data": "b"'))
    with pytest.raises(SystemExit, match=r"b\.rules\.jsonl has settings of its own"):
        choose_defaults.main(["--folder", str(tmp_path), "--models", "rules"])
