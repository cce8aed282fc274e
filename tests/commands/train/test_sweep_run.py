"""The end of a sweep's parent run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from lrec.commands.train.sweep_run import SweepRun


class Unread:
    """A screen whose pipe nobody reads."""

    def note(self, _: str) -> None:
        raise BrokenPipeError


def test_parent_run_ends_also_when_its_output_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    log = SimpleNamespace(run_id=None, has_failed_runs=lambda: False, end=ended.append)
    settings = SimpleNamespace(tracking=SimpleNamespace(open=lambda *_: log))
    monkeypatch.setattr("atexit.register", lambda _: None)
    monkeypatch.setattr("lrec.commands.train.sweep_run.Screen", Unread)
    run = SweepRun(settings, "seed=1,2", tmp_path)  # type: ignore[arg-type]
    with pytest.raises(BrokenPipeError):
        run._close()
    assert ended == ["KILLED"]
