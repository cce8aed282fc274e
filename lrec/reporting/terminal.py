"""The terminal: lines, tables, progress, and warnings as notes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lrec.base.errors import printable, redact

if TYPE_CHECKING:
    import pandas as pd

# Rows of the metrics table, by metric; everything else is in MLflow.
SHOWN = ("recall", "ndcg", "hit", "mse", "user_coverage", "item_coverage_sub", "novelty")


class Screen:
    """Prints to standard output; quiet and line-wise where that is no terminal.

    Args:
        silent: print nothing at all.
    """

    def __init__(self, silent: bool = False) -> None:
        self.console = Console(highlight=False, emoji=False, quiet=silent)
        if not self.console.is_terminal:
            self.console.width = max(self.console.width, 110)

    def line(self, text: str | Text) -> None:
        """A line of lrec's own words, without markup."""
        self.console.print(text, markup=False)

    def choices(self, choices: Mapping[str, str], overrides: Sequence[str], seed: int) -> None:
        """The composed config: the file of each group, and what else was set."""
        named = {**choices, "seed": str(seed)}.items()
        parts = [Text.assemble((group, "bold"), f"={plain(choice)}") for group, choice in named]
        self.console.print(Text(" ").join(parts))
        changed = [o for o in overrides if o.partition("=")[0] not in choices]
        if changed:
            self.console.print(Text(f"changed: {plain(' '.join(changed))}"))

    def note(self, text: str) -> None:
        """Lines that may hold paths, ids and addresses; they are not wrapped."""
        self.console.print(_lines(redact(text)), soft_wrap=True)

    def print(self, table: Table) -> None:
        """A table."""
        self.console.print(table)

    def rows(self, frame: pd.DataFrame) -> None:
        """A data frame as it is, a line for each row."""
        numeric = [str(name) for name in frame if frame[name].dtype.kind in "fi"]
        table = plain_table(*map(str, frame), right=numeric)
        for row in frame.itertuples(index=False):
            table.add_row(*(cell(_number(x) if isinstance(x, float) else x) for x in row))
        self.console.print(table)

    def metrics(
        self,
        rows: Mapping[str, Mapping[str, float]],
        groups: Sequence[str],
        ks: Sequence[int],
    ) -> None:
        """Metrics by bucket, a line for the model and for each reference.

        Args:
            rows: name of model or reference -> its metrics; the model comes first.
            groups: of users, in the order of the columns.
        """
        first = next(iter(rows.values()))
        groups = [group for group in groups if f"users/{group}" in first]
        table = plain_table("metric", "")
        for group in groups:
            users = f"{first[f'users/{group}']:,.0f} users"
            table.add_column(Text.assemble(group, "\n", (users, "dim")), justify="right")
        for metric in SHOWN:
            k = min(ks) if metric in ("ndcg", "hit") else max(ks)
            name = metric if metric == "mse" else f"{metric}_at_{k}"
            label = name.replace("_at_", "@").replace("_sub", " (equal-sized)")
            for index, (model, values) in enumerate(rows.items()):
                cells = [values.get(f"{name}/{group}") for group in groups]
                if any(value is not None for value in cells):
                    style = None if index == 0 else "dim"
                    table.add_row(label, cell(model), *map(_number, cells), style=style)
                    label = ""
        self.console.print()
        self.console.print(table)
        empty = [group for group in groups if not first[f"users/{group}"]]
        if empty:
            self.console.print(f"empty buckets: {', '.join(empty)}")
        self.console.print()


class Progress:
    """A line for each evaluated epoch and, on a terminal, one that moves in between.

    Args:
        epochs: that there will be at most.
        shown: names of the validation metrics in the lines.
    """

    def __init__(self, screen: Screen, epochs: int, shown: Sequence[str]) -> None:
        self.console = screen.console
        self.live = self.console.is_terminal
        self.epochs = epochs
        self.shown = shown
        self.before = 0
        self.start = time.perf_counter()
        self._moving = Live(console=self.console, transient=True, refresh_per_second=4)

    def __enter__(self) -> Progress:
        if self.live:
            self._moving.start()
        return self

    def __exit__(self, *error: Any) -> None:
        if self.live:
            self._moving.stop()

    def resume(self, epoch: int) -> None:
        """Epochs that an earlier process has done."""
        self.before = epoch
        self.console.print(f"going on after epoch {epoch}")

    def step(self, epoch: int, step: int, steps: int) -> None:
        """A step of an epoch is done; all from 1."""
        done = epoch - 1 + step / steps - self.before
        left = (time.perf_counter() - self.start) * ((self.epochs - self.before) / done - 1)
        bar = "━" * int(30 * step / steps)
        self._moving.update(
            Text(
                f"epoch {epoch}/{self.epochs} {bar:<30} step {step}/{steps}  "
                f"at most {_minutes(left)} left"
            )
        )

    def epoch(self, epoch: int, loss: float, values: Mapping[str, float]) -> None:
        """An epoch is done, with its mean loss and its validation metrics."""
        marks = "  ".join(
            f"{name.rpartition('/')[2]} {_number(values[name])}"
            for name in self.shown
            if name in values
        )
        metric = self.shown[0].rpartition("/")[0].replace("_at_", "@") if marks else ""
        elapsed = _minutes(time.perf_counter() - self.start)
        self.console.print(
            f"epoch {epoch:>3}  loss {loss:.4g}  {metric}  {marks}  [dim]{elapsed}[/]"
        )


def show_warnings(screen: Screen) -> None:
    """Print warnings as one line each, without the code they came from."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if category is UserWarning:
            screen.console.print(_lines(redact(f"note: {message}")), style="yellow")

    warnings.showwarning = show


def plain_table(*columns: str, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """A table without lines around its cells.

    Args:
        columns: headings, in order.
        right: those of columns that hold numbers.
    """
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for name in columns:
        table.add_column(cell(name), justify="right" if name in right else "left")
    return table


def plain(value: object) -> str:
    """Text from data, which may hold anything: control characters as Python writes them."""
    return printable(str(value))


def cell(value: object) -> Text:
    """A cell of a table as it is, in which rich would look for markup."""
    return Text(plain(value))


def _lines(text: str) -> Text:
    """Plain text that may have several lines."""
    return Text("\n".join(map(plain, text.split("\n"))))


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
