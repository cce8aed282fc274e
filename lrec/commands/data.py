"""`lrec data`: counts of a data set, long tails, cleaning, split and buckets."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from rich.table import Table

from lrec.commands import loading
from lrec.commands.composing import Invocation
from lrec.commands.data_lines import data_lines
from lrec.commands.next_commands import without
from lrec.commands.settings import RunSettings
from lrec.data.cleaning.audit import ACTIVITY_EDGES
from lrec.data.dataset import Resemblance
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import COLD, Bucketing, Buckets
from lrec.evaluation.metric.gini import gini
from lrec.reporting import figures
from lrec.reporting.terminal import Screen, cell, plain_table, show_warnings

QUANTILES = (0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99, 1.0)
BEHAVIORS = 20  # the most that are listed


def run(settings: RunSettings, invocation: Invocation) -> None:
    """Print counts, long tails, cleaning, split and buckets; draw the distributions."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    data = _noted(settings)
    screen.note(f"{config.choices['dataset']}: {_counts(data)}")
    screen.print(_long_tails(data, settings.dataset.resembles))
    if data.behaviors:
        screen.print(_behaviors(data))
    if data.audit:
        screen.print(_audit(data))
    split, bucketings = loading.split(settings, data), settings.bucket.values()
    buckets = [bucketing.sort(split.test.train_history, split) for bucketing in bucketings]
    for line in data_lines(data, split, buckets):
        screen.line(line)
    screen.print(_buckets(bucketings, split, buckets))
    figure = config.folder / "distributions.png"
    figures.distributions(data.activity, data.popularity, figure)
    screen.note(f"figure: {figure}")
    simple = ["lrec", "compare", "candidates=[popularity,itemknn]"]
    shared = without(config.overrides, "model", "experiment", "seed")
    screen.commands("next", ["lrec", "train", *without(config.overrides)], [*simple, *shared])


def _noted(settings: RunSettings) -> Interactions:
    """The data, with the notes of its preparation, also where it was prepared before; each once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = settings.dataset.load(loading.ordered_for(settings))
    noted = [str(w.message) for w in caught if w.category is UserWarning]
    for text in dict.fromkeys((*data.notes, *noted)):
        warnings.warn(text, stacklevel=2)
    return data


def _counts(data: Interactions) -> str:
    density = len(data) / (data.n_users * data.n_items)
    text = f"{data.n_users:,} users × {data.n_items:,} items, {len(data):,} interactions, "
    text += f"density {density:.3%}"
    if data.rating is not None:
        text += f"; ratings {data.rating.min():g} to {data.rating.max():g}, "
        text += f"mean {data.rating.mean():.2f}, deviation {data.rating.std():.2f}"
    if data.timestamp is not None and data.clock:
        days = (data.timestamp.max() - data.timestamp.min()) / 86_400
        text += f"; {days:,.0f} days"
    return f"{text}; digest {data.digest[:12]}"


def _long_tails(data: Interactions, resembles: Resemblance | None) -> Table:
    """Activity quantiles (by inverted CDF) and popularity Gini, beside the data it resembles."""
    numbers = ("", *(f"{q:.0%}" for q in QUANTILES), "popularity Gini")
    table = _table("interactions a user, by quantile of users", *numbers, right=numbers)
    quantiles = np.quantile(data.activity, QUANTILES, method="inverted_cdf")
    cells = [f"{value:,.0f}" for value in quantiles]
    table.add_row("this data", *cells, f"{gini(data.popularity):.3f}")
    if resembles is not None:
        cells = [str(resembles.activity_quantiles.get(q, "")) for q in QUANTILES]
        table.add_row(resembles.name, *cells, f"{resembles.popularity_gini:.3f}")
    return table


def _behaviors(data: Interactions) -> Table:
    """Counts of each behaviour before and after cleaning; the rarest of many are left out."""
    numbers = ("weight", "asked for", "rows found", "rows kept")
    table = _table("behaviours", "behaviour", *numbers, right=numbers)
    counts = np.bincount(np.asarray(data.behavior), minlength=len(data.behaviors)).tolist()
    rows = sorted(zip(data.behaviors, counts, strict=True), key=lambda row: -row[0].rows)
    for behavior, count in rows[:BEHAVIORS]:
        is_target = "yes" if behavior.target and count else "no"
        cells = (f"{behavior.weight:g}", is_target, f"{behavior.rows:,}", f"{count:,}")
        table.add_row(cell(behavior.name), *cells)
    return table


def _audit(data: Interactions) -> Table:
    """Rows, items and users that each cleaning step removed, the users by activity."""
    numbers = ("rows", "items", *ACTIVITY_EDGES)
    table = _table(
        "cleaning: users lost, by the activity they had", "step", *numbers, right=numbers
    )
    for step in data.audit:
        users = [f"{step.users_lost[name]:,}" for name in ACTIVITY_EDGES]
        table.add_row(cell(step.name), f"{step.rows_removed:,}", f"{step.items_lost:,}", *users)
    return table


def _buckets(bucketings: Iterable[Bucketing], split: Split, of_test: Iterable[Buckets]) -> Table:
    """Users and held-out items of each bucket, in the validation and in the test part."""
    left, right = ("bucketing", "bucket", "training history"), ("validation", "test", "test items")
    table = _table("evaluated users, by bucket", *left, *right, right=right)
    for bucketing, test in zip(bucketings, of_test, strict=True):
        validation = bucketing.sort(split.validation.train_history, split)
        for label, name in [*enumerate(bucketing.names), (-1, COLD)]:
            users = [int((buckets.label == label).sum()) for buckets in (validation, test)]
            items = int(split.test.target.lengths[test.label == label].sum())
            table.add_row(
                bucketing.name,
                name if any(users) else f"{name} (empty)",
                test.edges.get(name, "none"),
                *(f"{count:,}" for count in (*users, items)),
            )
    return table


def _table(title: str, *columns: str, right: Sequence[str]) -> Table:
    """A table whose rows are indented below its title."""
    table = plain_table(*columns, title=title, right=right)
    table.pad_edge = True
    return table
