"""The harness of the benchmarks: processes, rounds, and the page."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarking import markdown, processes, rounds

PYTHON = sys.executable
LARGE = "x = bytearray(80 * 2**20); x[::4096] = x[::4096]; import time; time.sleep(.1)"


def test_a_process_is_measured() -> None:
    small, large = (processes.run([PYTHON, "-c", code]) for code in ("print(1)", LARGE))
    assert (small.code, small.out, small.late) == (0, "1\n", False)
    assert 0.1 < large.seconds < 60
    assert large.peak > 80 * 2**20
    assert large.peak > small.peak + 50 * 2**20
    assert processes.high_water() > 0
    assert processes.high_water(2**30) == 0  # there is no such process


def test_a_process_ends_at_its_limit() -> None:
    ended = processes.run([PYTHON, "-c", "import time; time.sleep(60)"], limit=0.2)
    assert ended.late
    assert ended.code < 0
    assert ended.seconds < 30


def test_a_script_that_fails_is_told_with_its_last_line(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print('{\"a\": 1}')")
    assert processes.run_json(PYTHON, script)["a"] == 1
    script.write_text("raise SystemExit('no memory')")
    with pytest.raises(RuntimeError, match=r"script\.py ended with 1: no memory"):
        processes.run_json(PYTHON, script)


def test_a_checkout_is_imported_or_refused(tmp_path: Path) -> None:
    environment = processes.of_checkout(processes.HERE)
    found = processes.run([PYTHON, "-P", "-c", "import lrec; print(lrec.__file__)"], tmp_path,
                          environment)  # fmt: skip
    assert Path(found.out.strip()).parents[1] == processes.HERE
    with pytest.raises(ValueError, match="is no checkout of lrec"):
        processes.of_checkout(tmp_path)


def test_sides_take_turns_and_are_not_measured_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    def side(name: str, seconds: float) -> dict[str, float]:
        calls.append(name)
        return {"seconds": seconds * len(calls)}

    sides = {"a, old": lambda: side("a", 1.0), "b": lambda: side("b", 2.0)}
    results = rounds.measure(sides, tmp_path, 2)
    assert calls == ["a", "b", "b", "a"]
    assert [one["seconds"] for one in results["a, old"]] == [1, 4]
    assert rounds.ratio(results["b"], results["a, old"], lambda one: one["seconds"]) == 2.75
    assert rounds.measure(sides, tmp_path, 2) == results
    assert len(calls) == 4
    (tmp_path / "b.1.json").unlink()
    rounds.measure(sides, tmp_path, 3)
    assert calls[4:] == ["b", "a", "b"]
    assert "round 3 of 3" in capsys.readouterr().out


def test_what_was_not_done_in_time_is_not_tried_again(tmp_path: Path) -> None:
    calls = []
    sides = {"slow": lambda: calls.append(1) or {"late": True}}
    assert rounds.measure(sides, tmp_path, 3) == {"slow": [{"late": True}]}
    assert calls == [1]


def test_a_part_of_a_page_is_replaced_between_its_markers() -> None:
    page = "a\n<!-- x -->\nold\n<!-- end of x -->\nb"
    written = markdown.between(page, "x", r"new \1")
    assert written == "a\n<!-- x -->\nnew \\1\n<!-- end of x -->\nb"
    with pytest.raises(ValueError, match="no markers of 'y'"):
        markdown.between(page, "y", "")


def test_tables_and_numbers() -> None:
    assert markdown.table(["", "n"], [["a", "1"]]) == "|  | n |\n|---|---:|\n| a | 1 |"
    shown = [markdown.seconds(value) for value in (123.4, 12.34, 1.234, 0.1234, None)]
    assert shown == ["123 s", "12.3 s", "1.23 s", "0.123 s", "–"]
    assert [markdown.times(value) for value in (2.04, 300.2, None)] == ["2.0×", "300×", "–"]
    assert [markdown.gigabytes(value) for value in (3 * 2**29, 0)] == ["1.5 GB", "–"]
