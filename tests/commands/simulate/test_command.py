"""Settings of `lrec simulate` that are refused before anything is trained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.cli import CommandLine
from helpers.composing import checked, composed

from lrec.commands.simulate.command import SimulateSettings


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("rounds=0", "rounds must be 1 or more. Received: 0"),
        ("shown=0", "shown must be 1 or more. Received: 0"),
        ("active=2", "active must be more than start: .* Received: active=2, start=2"),
        (
            "split=leave_one_out",
            "test users must be new .* Received: split=leave_one_out .conf/split/.",
        ),
    ],
)
def test_wrong_settings_are_one_line(
    tmp_path: Path, lrec: CommandLine, override: str, words: str
) -> None:
    answer = lrec(tmp_path, "simulate", "candidates=[popularity,itemknn]", override)
    assert answer.rc == 2
    assert re.search(f"^lrec: {words}$", answer.complaint)
    assert not (tmp_path / "mlflow.db").exists()


def test_data_is_not_split_before_training_for_no_check() -> None:
    settings = checked(composed(root="simulate"), root=SimulateSettings, trains=False)
    settings.check_users(lambda: pytest.fail("nobody asks for the split"))
