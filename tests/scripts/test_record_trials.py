"""Trials of random settings are recorded, and a recording that was killed goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import record_trials
from benchmarking.recording import draws
from benchmarking.trial_table import RecordedTrial, TrialTable

from lrec.commands.composing import Choice, Interval


def record(folder: Path, tiny: Path, *words: str, more: str = "") -> int:
    data = f"tiny=dataset=csv dataset.path={tiny} split=leave_one_out {more}"
    return record_trials.main(["--data", data, "--folder", str(folder), *words])


def test_settings_are_recorded_once_and_a_killed_recording_goes_on(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ("--models", "itemknn", "--n", "3")
    assert record(tmp_path, tiny, *words) == 0
    path = tmp_path / "tiny.itemknn.jsonl"
    table = TrialTable.read(path)
    own, *others = table.drawn
    assert own.as_it_is
    assert own.params == {"model.neighbours": "100", "model.shrink": 20.0, "model.recency": 1.0}
    assert len(others) == len({trial.params["model.shrink"] for trial in others}) == 2
    for trial in table.trials:
        assert trial.curve["epoch"] == [1]
        assert trial.curve["seconds"][0] > 0
        assert trial.curve["cpu"][0] > 0
        assert 0 < trial.curve["all"][0] < 1
        assert {"tail", "torso", "head"} <= trial.curve.keys()
    assert table.head["epochs"] is table.head["grace_epochs"] is None
    assert table.made_on["machine"]["lrec"]

    text = path.read_text()
    path.write_text("".join(text.splitlines(keepends=True)[:-1]))
    capsys.readouterr()
    assert record(tmp_path, tiny, *words) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    again = TrialTable.read(path).trials
    assert [trial.params for trial in again] == [trial.params for trial in table.trials]
    assert again[:-1] == table.trials[:-1]
    assert [trial.curve["all"] for trial in again] == [t.curve["all"] for t in table.trials]

    assert record(tmp_path, tiny, *words[:3], "9", "--hours", "0") == 0
    assert "the same command goes on" in capsys.readouterr().out
    assert len(TrialTable.read(path).trials) == 3
    with pytest.raises(SystemExit, match="another overrides: choose another --folder"):
        record(tmp_path, tiny, *words, more="k=[10]")


def test_curves_have_every_evaluation_up_to_the_cap(
    tiny: Path, tmp_path: Path, eagerly: None
) -> None:
    more = "model.hidden_sizes=[8] model.anneal_steps=4 schedule.evaluate_steps=1"
    assert record(tmp_path, tiny, "--models", "vae", "--n", "2", "--epochs", "3", more=more) == 0
    table = TrialTable.read(tmp_path / "tiny.vae.jsonl")
    assert (table.head["epochs"], table.head["grace_epochs"]) == (3, 5)
    for trial in table.trials:
        assert trial.curve["epoch"] == [1, 2, 3]
        for name in ("seconds", "cpu"):
            assert sorted(trial.curve[name]) == trial.curve[name]
        assert not trial.stopped
        assert trial.error == ""


def test_a_run_that_fails_is_recorded_as_that(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def fit(*_: object) -> None:
        raise ValueError("no such\nneighbour")

    monkeypatch.setattr("lrec.model.itemknn.ItemKNN.fit", fit)
    assert record(tmp_path, tiny, "--models", "itemknn", "--n", "1") == 0
    (trial,) = TrialTable.read(tmp_path / "tiny.itemknn.jsonl").trials
    assert trial.error == "no such neighbour"
    assert trial.curve["epoch"] == []
    assert "failed: no such neighbour" in capsys.readouterr().out


def test_more_settings_begin_with_the_same_ones(tmp_path: Path) -> None:
    space = {"model.x": {"low": 1.0, "high": 9.0, "log": False}, "model.y": {"values": [1, 2]}}
    table = TrialTable(tmp_path / "t.jsonl", {"space": space, "seed": 4})
    few, many = (draws(table, n, {"model.x": 3.0}) for n in (8, 25))
    assert many[: len(few)] == few
    own = [(number, draw.seed) for number, draw in enumerate(many) if draw.as_it_is]
    assert own == [(0, 4), (10, 5), (21, 6)]
    assert len(many) == 25 + 2
    assert many[0].overrides == []
    assert many[1].overrides[0].startswith("model.x=")
    assert {draw.params["model.y"] for draw in many if not draw.as_it_is} == {"1", "2"}


def test_a_table_is_written_whole_and_read_again(tmp_path: Path) -> None:
    space = {"a": {"low": 1.0, "high": 9.0, "log": True}, "b": {"values": ["x", "y"]}}
    table = TrialTable(tmp_path / "t.jsonl", {"space": space, "seed": 1}, {"date": "today"})
    table.add(RecordedTrial(1, True, {"a": 2.0}, {"epoch": [1]}))
    table.add(RecordedTrial(2, True, {"a": 2.0}, {"epoch": [1]}, stopped=True))
    table.add(RecordedTrial(1, False, {"a": 3.0, "b": "x"}, {"epoch": []}, error="no"))
    first, *_ = table.path.read_text().splitlines()
    assert json.loads(first).keys() == {"head", "made_on"}
    read = TrialTable.read(table.path)
    assert read == table
    read.add(RecordedTrial(1, False, {"a": 4.0, "b": "x"}, {"epoch": [1]}))
    with pytest.raises(RuntimeError, match="is written by another recording, too"):
        table.add(RecordedTrial(1, False, {"a": 5.0, "b": "x"}, {"epoch": [1]}))
    read = TrialTable.read(table.path)
    assert [trial.params["a"] for trial in read.trials] == [2.0, 2.0, 3.0, 4.0]
    read.trials.pop()
    assert [trial.params for trial in read.drawn] == [{"a": 2.0}, {"a": 3.0, "b": "x"}]
    assert [trial.seed for trial in read.again] == [1, 2]
    assert read.space.keys == {"a": Interval(1.0, 9.0, True), "b": Choice(["x", "y"])}
