"""Lines of training: aligned, the best marked, and when it stops."""

from __future__ import annotations

import math

import pytest

from lrec.reporting.progress import Progress
from lrec.reporting.terminal import Screen

SHOWN = [f"val/ndcg_at_10/{group}" for group in ("all", "tail", "torso", "head", "cold")]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_epochs_are_aligned_lines_and_the_best_is_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(Screen(), 100, SHOWN, SHOWN[1], 1, patience=3)
    for epoch, tail in ((1, 0.02), (2, 0.01), (12, math.nan), (13, 0.02), (100, 0.03), (101, 0.0)):
        progress.epoch(epoch, 1234.5 / epoch, dict.fromkeys(SHOWN, 0.5) | {SHOWN[1]: tail})
    title, header, *rows = lines(capsys)
    assert title == "ndcg@10 on the validation part:"
    assert [row.split()[9:] for row in rows] == [
        ["best"],
        ["stops", "in", "2"],
        ["stops", "in", "2"],  # no value is not counted
        ["stops", "in", "1"],
        ["best"],
        ["stops", "in", "2"],
    ]
    for word in ("loss", "all", "torso", "cold", "time"):
        end = header.index(word) + len(word)
        assert all(row[end - 1] != " " and row[end : end + 1] == " " for row in rows)
    assert max(map(len, rows)) <= 80


def test_resumed_training_knows_the_best_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(Screen(), 100, SHOWN, SHOWN[0], -1, patience=5)
    progress.resume(3, [{SHOWN[0]: 0.2}, {SHOWN[0]: 0.1}, {SHOWN[0]: 0.3}])
    progress.epoch(4, 1.0, {SHOWN[0]: 0.15})
    assert lines(capsys)[-1].endswith("stops in 3")


def test_without_validation_there_is_only_the_loss(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(Screen(), 100, SHOWN, SHOWN[0], 1, patience=5)
    progress.epoch(4, 1.0, {})
    assert [line.split() for line in lines(capsys)] == [
        ["loss", "time"],
        ["epoch", "4", "1", "0:00"],
    ]
