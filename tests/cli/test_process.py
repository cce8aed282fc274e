"""The process of a command: what a terminal of another encoding gets."""

from __future__ import annotations

import io
import sys

import pytest

from lrec.cli.process import command_process

SIGNS = "−0.5 – é ━ … 2 × 3 λ"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "-0.5 - ? = . 2 x 3 ?"),
        ("latin-1", "-0.5 - é = . 2 × 3 ?"),
        ("utf-8", SIGNS),
    ],
)
def test_signs_that_the_terminal_lacks_are_plain(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = [io.BytesIO(), io.BytesIO()]
    for name, screen in zip(("stdout", "stderr"), screens, strict=True):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(screen, encoding=encoding))
    with command_process():
        for stream in (sys.stdout, sys.stderr):
            print(SIGNS, file=stream, flush=True)
    assert [screen.getvalue().decode(encoding) for screen in screens] == [f"{shown}\n"] * 2
