"""Metrics of two checkouts, compared to the last digit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import same_numbers
from benchmarking.processes import HERE, Ended
from helpers.cli import CommandLine


def test_differences() -> None:
    before = {"same": 0.1, "other": 0.1, "gone": 1.0, "undefined": math.nan}
    after = {"same": 0.1, "other": 0.1 + 2e-17, "new": 2.0, "undefined": math.nan}
    assert list(same_numbers.differences(before, after | {"other": 0.3 - 0.2})) == [
        "other: 0.1 → 0.09999999999999998 (-2.8e-17)",
        "gone: 1.0 → None",
        "new: None → 2.0",
    ]


def test_a_changed_digit_is_found(
    tiny: Path,
    tmp_path: Path,
    lrec: CommandLine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[Path] = []

    def forked(
        line: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float
    ) -> Ended:
        if not (folder / "mlflow.db").exists():
            lrec.give_store(folder)
        answer = lrec(folder, *line[4:], LREC_CACHE=environment["LREC_CACHE"])
        ran.append(folder)
        return Ended(answer.rc, False, 1.0, 0, answer.out, answer.err)

    monkeypatch.setattr(same_numbers, "run", forked)
    monkeypatch.setattr(same_numbers, "of_checkout", lambda checkout: {})
    monkeypatch.setattr(same_numbers, "revision", lambda checkout: checkout.name)
    other = tmp_path / "other"
    words = ["--before", str(other), "--models", "popularity", "--data", str(tiny)]
    words += ["--folder", str(tmp_path / "runs"), "--overrides", "metric=[ndcg]"]
    assert same_numbers.main(words) == 0
    assert [folder.name for folder in ran] == ["other", HERE.name]
    printed = capsys.readouterr().out
    assert printed.startswith(f"popularity on {tiny}: 0 of ")

    (kept,) = (tmp_path / "runs" / "other").glob("*/metrics.json")
    rows = json.loads(kept.read_text())
    rows["popularity"]["ndcg_at_10/all"] += 1e-12
    kept.write_text(json.dumps(rows))
    assert same_numbers.main(words) == 1
    assert len(ran) == 2  # finished runs are not done again
    found = capsys.readouterr().out
    assert f"popularity on {tiny}: 1 of " in found
    assert "  popularity ndcg_at_10/all: " in found

    assert same_numbers.main([*words, "--models", "none_such"]) == 2
    assert "failed (2): lrec: model=none_such" in capsys.readouterr().out
