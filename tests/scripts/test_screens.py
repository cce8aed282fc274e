"""Screens as pictures: a command on a terminal of 80 columns, and its page."""

from __future__ import annotations

import re
import sys
from html import unescape

import screens


def test_command_sees_a_terminal_of_80_columns() -> None:
    script = "import os, sys; print(sys.stdout.isatty(), os.get_terminal_size().columns); exit(3)"
    code, output = screens.on_terminal([sys.executable, "-c", script])
    assert code == 3
    assert output == "True 80\r\n"


def test_page_shows_what_was_written_last_in_its_colours() -> None:
    wide = "x" * 100
    text = screens.as_text(
        f"old …\rnew\r\nbar\r\x1b[2Kbar 2\r\n\x1b[1A\x1b[2K\x1b[32mbetter\x1b[0m\r\n{wide}\r\n"
    )
    assert text.plain == f"new\nbetter\n{wide}"
    page = screens.as_page(text)
    assert re.search(r'<span class="r\d">better</span>', page)
    shown = unescape(re.sub("<[^>]*>", "", page.split("<pre>")[1])).split()
    assert shown == ["new", "better", "x" * 80, "x" * 20]


def test_commands_may_be_wider_than_the_terminal() -> None:
    assert screens.is_command("next: lrec train model=vae")
    assert screens.is_command("      mlflow models serve")
    assert not screens.is_command("prose that names lrec train")
