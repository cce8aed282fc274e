"""What an interrupted run says: how to go on, where that is possible."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lrec.commands.train.announcement import announced
from lrec.reporting.terminal import Screen
from lrec.tracking import CONFIG
from lrec.tracking.journal import Journal


@pytest.mark.parametrize("file", ["overrides.txt", CONFIG])
def test_a_run_can_go_on_once_its_config_is_there(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The config is written last, and the overrides before it."""
    log: Any = SimpleNamespace(run_id="abc", keeps_files=True)
    journal = Journal(tmp_path)
    journal.add("start", tags={"lrec.command": "train"})

    def interrupted() -> None:
        with announced(Screen(), log, tmp_path, resumable=True):
            (tmp_path / file).touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    journal.close()
    assert ("interrupted: run abc" in capsys.readouterr().out) == (file == CONFIG)
