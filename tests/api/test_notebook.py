"""The notebook of the docs runs, and a notebook shows a line that moves."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.text import Text

from lrec.base.config.conf import PACKAGE
from lrec.reporting.progress import Progress
from lrec.reporting.terminal import Screen

NOTEBOOK = PACKAGE.parent / "docs" / "python.ipynb"


def test_notebook_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code cells one after the other; what it says of numbers is asserted in them."""
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(NOTEBOOK.read_text())
    assert notebook["nbformat"] == 4
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda _: None}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        assert cell["outputs"] == []
        exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
    assert len(cells) > 5
    assert list(tmp_path.iterdir()) == [], "everything stays in memory"


class Display:
    """IPython's display, which keeps what it shows."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def Pretty(self, text: str) -> str:  # noqa: N802 - IPython's name
        return text

    def display(self, text: str, display_id: bool) -> Display:
        assert display_id
        self.update(text)
        return self

    def update(self, text: str) -> None:
        self.shown.append(text)


def test_notebook_shows_a_live_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    display, shell = Display(), type("ZMQInteractiveShell", (), {})()
    fake = SimpleNamespace(display=display, get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", fake)
    with Progress(Screen(), 2, ["val/ndcg_at_10/all"], "val/ndcg_at_10/all") as progress:
        assert progress.live
        progress.step(1, 1, 2)
        progress.epoch(1, 0.5, {"val/ndcg_at_10/all": 0.25})
    assert display.shown[0] == ""
    assert display.shown[1].startswith("epoch 1/2 ━━━━━━━━━━━━━━━ ")
    assert display.shown[-1] == ""
    assert "0.2500" in capsys.readouterr().out, "epochs stay, as lines of text"
    assert not Progress(Screen(silent=True), 1, ["a/b"], "a/b").live
    monkeypatch.delitem(sys.modules, "IPython")
    assert not Progress(Screen(), 1, ["a/b"], "a/b").live
    Progress(Screen(), 1, ["a/b"], "a/b").status(Text("").plain)
