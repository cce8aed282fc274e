"""Progress of training: a line for each evaluated epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.live import Live
from rich.text import Text

from lrec.reporting.notebook_line import NotebookLine, is_notebook
from lrec.reporting.terminal import Screen


class Progress:
    """A line for each evaluated epoch and, on a terminal and in notebooks, one that moves between.

    Args:
        epochs: that there will be at most.
        shown: names of the validation metrics in the lines.
        monitor: the one of them that picks epochs.
        sign: 1 where more of it is better, -1 where less is.
        patience: evaluations without a better one after which training stops; None: never.
    """

    def __init__(
        self,
        screen: Screen,
        epochs: int,
        shown: Sequence[str],
        monitor: str,
        sign: int = 1,
        patience: int | None = None,
    ) -> None:
        self.screen = screen
        notebook = is_notebook() and not screen.console.quiet
        self.live = screen.console.is_terminal or notebook
        self.epochs = epochs
        self.shown = shown
        self.monitor = monitor
        self.sign = sign
        self.patience = patience
        self.best, self.waited = -math.inf, 0
        self.headed = False
        self.start = time.perf_counter()
        self._moving: Live | NotebookLine = (
            NotebookLine()
            if notebook
            else Live(console=screen.console, transient=True, refresh_per_second=4)
        )

    def __enter__(self) -> Progress:
        if self.live:
            self._moving.start()
        return self

    def __exit__(self, *error: Any) -> None:
        if self.live:
            self._moving.stop()

    def resume(self, epoch: int, history: Sequence[Mapping[str, float]]) -> None:
        """Epochs that an earlier process has done, and the values of those evaluated."""
        for values in history:
            self._is_best(values)
        self.screen.line(f"going on after epoch {epoch}")

    def step(self, epoch: int, step: int, steps: int) -> None:
        """A step of an epoch is done; all from 1."""
        bar = "━" * int(30 * step / steps)
        line = f"epoch {epoch}/{self.epochs} {bar:<30} step {step}/{steps}  {self._stops()}"
        self._moving.update(Text(line))

    def status(self, text: str) -> None:
        """A line that the next one replaces; nothing where that is no terminal."""
        self._moving.update(Text(text))

    def epoch(self, epoch: int, loss: float, values: Mapping[str, float]) -> None:
        """An epoch is done, with its mean loss and its validation metrics."""
        groups = {name.rpartition("/")[2]: values.get(name) for name in self.shown}
        widths = {group: max(7, len(group)) for group in groups} if values else {}
        if not self.headed:
            self.headed = True
            metric = self.shown[0].rpartition("/")[0].removeprefix("val/").replace("_at_", "@")
            if values:
                self.screen.line(f"{metric} on the validation part:")
            names = "".join(f" {group:>{width}}" for group, width in widths.items())
            self.screen.line(f"{'':9} {'loss':>8}{names} {'time':>6}")
        numbers = "".join(
            f" {'–' if groups[group] is None else f'{groups[group]:.4f}':>{width}}"
            for group, width in widths.items()
        )
        mark = "best" if self._is_best(values) else self._stops()
        seconds = time.perf_counter() - self.start
        clock = f"{int(seconds // 60)}:{int(seconds % 60):02d}"
        self.screen.line(f"epoch {epoch:>3} {loss:>8.4g}{numbers} {clock:>6}  {mark}".rstrip())

    def _is_best(self, values: Mapping[str, float]) -> bool:
        """Count an evaluation as early stopping does; True if it is the best so far."""
        value = self.sign * values.get(self.monitor, math.nan)
        if math.isnan(value):
            return False
        self.waited += 1
        if value <= self.best:
            return False
        self.best, self.waited = value, 0
        return True

    def _stops(self) -> str:
        """The evaluations that may follow without a better one."""
        if self.patience is None or not self.waited:
            return ""
        return f"stops in {self.patience - self.waited}" if self.waited < self.patience else "stops"
