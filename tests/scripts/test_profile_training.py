"""The profile of a training step, on tiny data."""

from __future__ import annotations

from pathlib import Path

import profile_training
import pytest


def test_a_step_is_divided_among_kinds_of_operations(
    tiny: Path, capsys: pytest.CaptureFixture
) -> None:
    profile_training.main(["--data", str(tiny), "--steps", "2"])
    first, _, heading, rule, *rows = capsys.readouterr().out.splitlines()
    assert first.endswith("training, float32")
    assert heading.count("|") == rule.count("|") == len(profile_training.KINDS) + 3
    assert [row.split("|")[1].strip() for row in rows] == ["vae", "attention", "dense"]
    for row in rows:
        whole, *parts = map(float, row.split("|")[2:-1])
        assert whole > 0
        assert sum(parts) == pytest.approx(whole, abs=0.1 * len(parts))
        assert min(parts[:3]) > 0
