"""The page of all benchmarks: measured at the smallest, stopped, and written again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import performance
import pytest

TEXT = "\n".join(f"<!-- {name} -->\n<!-- end of {name} -->" for name in performance.PARTS)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "performance.md"
    path.write_text(TEXT)
    return path


def test_a_part_is_measured_once_and_written(
    tmp_path: Path, page: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = performance.PARTS["evaluation"]
    small = ("--data", str(tiny), "--repeats", "2")
    calls: list[str] = []

    def run_json(*words: str, **_: object) -> dict[str, object]:
        """The side in this process: importing everything again takes longest."""
        calls.append(words[0])
        return part.benchmark.run_lrec(str(tiny), 2) | {"peak": 2**30}

    monkeypatch.setitem(
        performance.PARTS, "evaluation", performance.Part(part.benchmark, small, {})
    )
    monkeypatch.setattr(part.benchmark, "run_json", run_json)
    options = ["--only", "evaluation", "--folder", str(tmp_path / "results")]
    assert performance.main([*options, "--rounds", "2"], page) == 0
    assert calls == [sys.executable] * 2
    text = page.read_text()
    assert "lists of 20:" in text
    assert "Medians of 2 rounds, " in text
    assert "Python 3." in text
    assert "python scripts/performance.py --only vae" in text  # the others are not measured yet
    kept = json.loads((tmp_path / "results" / "evaluation" / "lrec.1.json").read_text())
    assert kept.keys() == {"side", "result", "date", "machine"}

    assert performance.main([*options, "--rounds", "2"], page) == 0
    assert len(calls) == 2
    page.write_text(TEXT)
    assert performance.main([*options, "--render"], page) == 0
    assert page.read_text() == text
    assert performance.main([*options, "--again"], page) == 0
    assert len(calls) == 3
    assert "Medians of 1 round, " in page.read_text()


def test_a_part_that_fails_is_told_and_others_go_on(
    tmp_path: Path, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--only", "wide", "vae_table", "--folder", str(tmp_path / "results")]
    assert performance.main(options, page) == 1
    complaints = capsys.readouterr().err.splitlines()
    assert complaints == [
        "performance: wide: not measured, for it needs the data: --sets",
        "performance: vae_table: not measured, for it needs a table of your own: --table",
    ]


def test_options_reach_the_benchmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: dict[str, list[str]] = {}

    def measure(sides: dict[str, object], folder: Path, rounds: int) -> None:
        measured[folder.name] = list(sides)

    monkeypatch.setattr(performance.rounds, "measure", measure)
    page = tmp_path / "performance.md"
    page.write_text(TEXT)
    words = ["--folder", str(tmp_path), "--sets", str(tmp_path), "--table", "ratings.csv"]
    words += ["--before", str(performance.HERE)]
    words += ["--recbole", "r/bin/python", "--rectools", "t/bin/python", "--peers", "p/bin/python"]
    assert performance.main(words, page) == 0
    assert measured.keys() == performance.PARTS.keys()
    assert measured["vae"][-1] == "RecBole 1.2.1"
    assert "RecTools SASRec, softmax" in measured["attention"]
    assert measured["baselines"] == ["lrec", "lrec before", "p"]
    assert measured["evaluation"] == ["lrec", "lrec before", "LensKit"]
    assert measured["update"] == ["seed 1", "seed 2", "seed 3"]


def test_the_page_has_all_parts() -> None:
    text = performance.PAGE.read_text()
    for name in performance.PARTS:
        assert f"<!-- {name} -->" in text
        assert f"<!-- end of {name} -->" in text
