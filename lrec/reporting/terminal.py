"""What a person sees: what was composed, the data, progress, and the table by bucket."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lrec.base.errors import redact
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import Bucketing, Buckets, group_names

if TYPE_CHECKING:
    import pandas as pd

# Rows of the table on screen, by metric; everything else is in MLflow.
SHOWN = ("recall", "ndcg", "hit", "mse", "user_coverage", "item_coverage_sub", "novelty")
# What steers a terminal, breaks a line or turns the direction of writing, and what is no text.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Screen:
    """Prints to standard output; quiet and line-wise where that is no terminal.

    Args:
        silent: print nothing at all.
    """

    def __init__(self, silent: bool = False) -> None:
        self.console = Console(highlight=False, emoji=False, quiet=silent)
        if not self.console.is_terminal:
            self.console.width = max(self.console.width, 110)

    def composed(self, choices: Mapping[str, str], overrides: Sequence[str], seed: int) -> None:
        named = {**choices, "seed": str(seed)}.items()
        parts = [Text.assemble((group, "bold"), f"={plain(choice)}") for group, choice in named]
        self.console.print(Text(" ").join(parts))
        changed = [o for o in overrides if o.partition("=")[0] not in choices]
        if changed:
            self.console.print(Text(f"changed: {plain(' '.join(changed))}"))

    def data(self, data: Interactions, split: Split, buckets: Sequence[Buckets]) -> None:
        counts = split.counts
        self.console.print(
            f"data: {data.n_users:,} users, {data.n_items:,} items, {len(data):,} interactions; "
            f"trained on {counts['train_users']:,} users and {counts['catalogue_items']:,} items"
        )
        self.console.print(
            f"asked: {counts['validation_users']:,} users for validation, "
            f"{counts['test_users']:,} for test; {counts['users_without_test_items']:,} users have "
            f"no test items; {counts['test_targets_outside_catalogue']:.1%} of the test items are "
            "in no training history"
        )
        for bucket in buckets:
            edges = ", ".join(f"{name}: {words}" for name, words in bucket.edges.items())
            self.console.print(f"buckets by {bucket.bucketing}: {edges}", markup=False)

    def augmentation(self, name: str, split: Split, training: Split) -> None:
        added = training.train.lengths - split.train.lengths
        if added.any():
            self.console.print(
                f"augment={name}: {added.sum():,} interactions more for {(added > 0).sum():,} "
                "users with few, for training only"
            )

    def note(self, text: str) -> None:
        self.console.print(_lines(redact(text)), soft_wrap=True)

    def rows(self, frame: pd.DataFrame) -> None:
        """A data frame as it is, a line for each row."""
        table = Table(box=None, pad_edge=False)
        for name in frame:
            number = frame[name].dtype.kind in "fi"
            table.add_column(cell(name), justify="right" if number else "left")
        for row in frame.itertuples(index=False):
            table.add_row(*(cell(_number(x) if isinstance(x, float) else x) for x in row))
        self.console.print(table)

    def table(
        self,
        rows: Mapping[str, Mapping[str, float]],
        bucketings: Sequence[Bucketing],
        ks: Sequence[int],
    ) -> None:
        """One table: metrics by bucket, a line for the model and for each reference.

        Args:
            rows: name of model or reference -> its metrics; the model comes first.
        """
        first = next(iter(rows.values()))
        groups = [g for g in group_names(bucketings) if f"users/{g}" in first]
        table = Table(box=None, pad_edge=False)
        table.add_column("metric")
        table.add_column("")
        for group in groups:
            users = f"{first[f'users/{group}']:,.0f} users"
            table.add_column(Text.assemble(group, "\n", (users, "dim")), justify="right")
        for metric in SHOWN:
            k = min(ks) if metric in ("ndcg", "hit") else max(ks)
            name = metric if metric == "mse" else f"{metric}_at_{k}"
            label = name.replace("_at_", "@").replace("_sub", " (equal-sized)")
            for place, (who, values) in enumerate(rows.items()):
                cells = [values.get(f"{name}/{group}") for group in groups]
                if any(cell is not None for cell in cells):
                    shown = [_number(cell) for cell in cells]
                    style = None if place == 0 else "dim"
                    table.add_row(label, cell(who), *shown, style=style)
                    label = ""
        self.console.print()
        self.console.print(table)
        empty = [group for group in groups if not first[f"users/{group}"]]
        if empty:
            self.console.print(f"empty buckets: {', '.join(empty)}")
        self.console.print()


class Progress:
    """A line for each evaluated epoch and, on a terminal, one that moves in between."""

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
        marks = "  ".join(
            f"{name.rpartition('/')[2]} {_number(values[name])}"
            for name in self.shown
            if name in values
        )
        what = self.shown[0].rpartition("/")[0].replace("_at_", "@") if marks else ""
        elapsed = _minutes(time.perf_counter() - self.start)
        self.console.print(f"epoch {epoch:>3}  loss {loss:.4g}  {what}  {marks}  [dim]{elapsed}[/]")


def show_warnings(screen: Screen) -> None:
    """Warnings as one line each, without the code they came from."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if category is UserWarning:
            screen.console.print(_lines(redact(f"note: {message}")), style="yellow")

    warnings.showwarning = show


def plain(value: object) -> str:
    """What may come from data, and hold anything: control characters as Python writes them."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], str(value))


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
