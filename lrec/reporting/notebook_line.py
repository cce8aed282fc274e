"""A line of a notebook's output that changes in place, which needs IPython alone."""

from __future__ import annotations

import sys
from typing import Any

from rich.text import Text


def is_notebook() -> bool:
    """True in the kernel of a notebook, and not in IPython's shell."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


class NotebookLine:
    """The moving line of `Progress`, which rich's `Live` moves on a terminal."""

    def __init__(self) -> None:
        self._handle: Any = None

    def start(self) -> None:
        """Put an empty line below the output so far."""
        display = sys.modules["IPython"].display
        self._handle = display.display(self._shown(""), display_id=True)

    def update(self, text: Text) -> None:
        """Show another text in its place."""
        if self._handle is not None:
            self._handle.update(self._shown(text.plain))

    def stop(self) -> None:
        """Empty the line: the epochs stay."""
        self.update(Text(""))

    def _shown(self, text: str) -> Any:
        return sys.modules["IPython"].display.Pretty(text)
