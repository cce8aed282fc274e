"""The terminal: lines, tables, and warnings as notes."""

from __future__ import annotations

import contextlib
import io
import shlex
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lrec.base.errors import printable, redact
from lrec.reporting.narrow_table import in_parts, width_of

if TYPE_CHECKING:
    import pandas as pd

SHORT_LISTS = ("ndcg", "hit")  # metrics that papers give at 10

_silent = ContextVar("silent", default=False)


class Screen:
    """Prints to standard output; quiet and line-wise where that is no terminal.

    Args:
        silent: print nothing at all.
    """

    def __init__(self, silent: bool = False) -> None:
        # in a notebook: lines of text, not a block of HTML for each
        self.console = Console(highlight=False, emoji=False, quiet=silent, force_jupyter=False)
        if not self.console.is_terminal:
            self.console.width = max(self.console.width, 110)

    def line(self, text: str | Text) -> None:
        """A line of lrec's own words, without markup."""
        self.console.print(self._wrapped(text), markup=False, soft_wrap=True)

    def choices(self, choices: Mapping[str, str], overrides: Sequence[str], seed: int) -> None:
        """The composed config: the file of each group, and what else was set."""
        named = {**choices, "seed": str(seed)}.items()
        parts = [Text.assemble((group, "bold"), f"={plain(choice)}") for group, choice in named]
        self.console.print(Text(" ").join(parts))
        changed = [o for o in overrides if o.partition("=")[0] not in choices]
        if changed:
            self.line(f"changed: {plain(' '.join(changed))}")

    def note(self, text: str) -> None:
        """Lines that may hold paths, ids and addresses, which stay whole."""
        self.console.print(self._wrapped(_lines(redact(text)).plain), markup=False, soft_wrap=True)

    def commands(self, label: str, *commands: Sequence[str]) -> None:
        """Commands below each other, as a shell reads them: they run when they are pasted.

        A line break within one would end it, so they are never wrapped.
        """
        start = f"{label}: "
        for words in commands:
            line = plain(redact(start + shlex.join(words)))
            self.console.print(line, markup=False, soft_wrap=True)
            start = " " * len(start)

    def status(self, text: str) -> None:
        """A line that the next one replaces; nothing where that is no terminal."""
        if self.console.is_terminal:
            shown = plain(redact(text))[: self.console.width - 1]
            self.console.print(shown, end="\r", markup=False, soft_wrap=True)

    def print(self, table: Table) -> None:
        """A table; one that is wider than the terminal is laid out in parts below each other.

        A pipe gets it whole.
        """
        console, title = self.console, table.title
        for column in table.columns:
            column.no_wrap = True
        if title is not None:
            self.line(title.plain if isinstance(title, Text) else str(title))
        table.title = None
        width = console.width
        parts = in_parts(table, console, width) if console.is_terminal else [table]
        for part in parts:
            console.width = max(width, width_of(part, console))
            try:
                console.print(part, soft_wrap=True)
            finally:
                console.width = width
        table.title = title

    def _wrapped(self, text: str | Text) -> str | Text:
        """Prose broken between words on a terminal; a pipe gets whole lines."""
        if isinstance(text, Text) or not self.console.is_terminal:
            return text
        lines = (
            textwrap.fill(line, self.console.width, break_long_words=False, break_on_hyphens=False)
            for line in text.split("\n")
        )
        return "\n".join(lines)

    def rows(self, frame: pd.DataFrame) -> None:
        """A data frame as it is, a line for each row."""
        numeric = [str(name) for name in frame if frame[name].dtype.kind in "fi"]
        table = plain_table(*map(str, frame), right=numeric)
        for row in frame.itertuples(index=False):
            table.add_row(*(cell(_number(x) if isinstance(x, float) else x) for x in row))
        self.print(table)

    def metrics(
        self,
        rows: Mapping[str, Mapping[str, float]],
        groups: Sequence[str],
        ks: Sequence[int],
        metrics: Sequence[str],
    ) -> None:
        """Metrics by bucket, a line for the model and for each reference.

        Args:
            rows: name of model or reference -> its metrics; the model comes first.
            groups: of users, in the order of the columns.
            metrics: those to show.
        """
        first = next(iter(rows.values()))
        groups = [group for group in groups if f"users/{group}" in first]
        table = plain_table("metric", Text("\nusers", style="dim"))
        for group in groups:
            users = f"{first[f'users/{group}']:,.0f}"
            table.add_column(Text.assemble(group, "\n", (users, "dim")), justify="right")
        missing = []
        for metric in metrics:
            name = column_of(metric, rows, ks)
            label = name.replace("_at_", "@")
            if "_sub@" in label:
                label = label.replace("_sub", "") + "\nequal-sized"
            valued = [m for m, v in rows.items() if any(f"{name}/{g}" in v for g in groups)]
            if not valued:
                missing.append(metric)
            lines = label.split("\n") if len(valued) > 1 else [label.replace("\n", ", ")]
            lines += [""] * len(rows)
            for model in valued:
                cells = [_number(rows[model].get(f"{name}/{group}")) for group in groups]
                style = None if rows[model] is first else "dim"
                table.add_row(lines.pop(0), cell(model), *cells, style=style)
        self.line("")
        self.print(table)
        empty = [group for group in groups if not first[f"users/{group}"]]
        if empty:
            self.line(f"empty buckets: {', '.join(empty)}")
        if missing:
            self.line(f"without a value on this data: {', '.join(missing)}")
        self.line("")


def column_of(metric: str, rows: Mapping[str, Mapping[str, float]], ks: Sequence[int]) -> str:
    """A metric's column in tables and figures: the shortest lists for ranks, the longest else.

    Metrics of a whole group's lists are compared over equal-sized samples where there are any.
    """
    k = min(ks) if metric.removeprefix("sampled_") in SHORT_LISTS else max(ks)
    known = {key.partition("/")[0] for values in rows.values() for key in values}
    names = (metric, f"{metric}_sub_at_{k}", f"{metric}_at_{k}")
    return next((name for name in names if name in known), names[-1])


@contextlib.contextmanager
def in_silence() -> Iterator[None]:
    """A block in which nothing is printed, and warnings are left to Python."""
    token = _silent.set(True)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        _silent.reset(token)


def show_warnings(screen: Screen) -> None:
    """Print warnings as one line each, without the code they came from; not `in_silence`."""
    if _silent.get():
        return

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if category is UserWarning:
            text = screen._wrapped(_lines(redact(f"note: {message}")).plain)
            screen.console.print(text, style="yellow", markup=False, soft_wrap=True)

    warnings.showwarning = show


def plain_table(*columns: str | Text, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """A table without lines around its cells.

    Args:
        columns: headings, in order.
        right: those of columns that hold numbers.
    """
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for name in columns:
        heading = name if isinstance(name, Text) else cell(name)
        table.add_column(heading, justify="right" if name in right else "left")
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
