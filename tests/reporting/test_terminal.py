"""The terminal: data is shown as plain text."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

from lrec.reporting.terminal import Screen, show_warnings

ODD = "[/] [red]x[/red] :heart: \x1b[31m\r\n\x9b2J\u202e é \u200d"


PLAIN = r"[/] [red]x[/red] :heart: \x1b[31m\r\n\x9b2J\u202e é " + "\u200d"


def test_what_data_holds_is_shown_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.rows(pd.DataFrame({"[b]item\x1b": [ODD, "x"], "score": [0.5, 2.0], "whole": [1, 2]}))
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == [r"[b]item\x1b", "score", "whole"]
    assert first.split() == [*PLAIN.split(), "0.5000", "1"]
    assert second.split() == ["x", "2.0000", "2"]


def test_notes_are_plain_text_of_one_line_or_several(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    odd, shown = ODD.replace("\n", ""), PLAIN.replace(r"\n", "")
    screen.note(f"\nfolder: {odd}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show_warnings(screen)
        warnings.warn(odd, stacklevel=1)
    screen.choices({"dataset": odd}, [f"dataset.path={odd}"], 3)
    assert capsys.readouterr().out.splitlines() == [
        "",
        f"folder: {shown}",
        f"note: {shown}",
        f"dataset={shown} seed=3",
        f"changed: dataset.path={shown}",
    ]
