"""A data set in words and a figure: counts, long tails, cleaning, split, buckets."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from lrec.commands.composing import Invocation
from lrec.commands.settings import RunSettings
from lrec.data.cleaning.audit import ACTIVITY_EDGES
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import COLD
from lrec.evaluation.metric.gini import gini
from lrec.reporting import figures
from lrec.reporting.terminal import Screen, cell, show_warnings

QUANTILES = (0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99, 1.0)
BEHAVIORS = 20  # the most that are listed


def run(parts: RunSettings, invocation: Invocation) -> None:
    """Counts, long tails, cleaning, split and buckets, on screen; distributions as a figure."""
    composed = invocation.config
    screen = Screen()
    show_warnings(screen)
    data = parts.dataset.load()
    screen.note(f"{composed.choices['dataset']}: {_counts(data)}")
    screen.console.print(_long_tails(parts, data))
    if data.behaviors:
        screen.console.print(_behaviors(data))
    if data.audit:
        screen.console.print(_audit(data))
    split = parts.split(data)
    buckets = [
        b.sort(split.test.train_history, split.train, split.catalogue)
        for b in parts.bucket.values()
    ]
    screen.data(data, split, buckets)
    screen.console.print(_buckets(parts, split))
    figure = composed.folder / "distributions.png"
    figures.distributions(data, figure)
    screen.note(f"figure: {figure}")


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


def _long_tails(parts: RunSettings, data: Interactions) -> Table:
    """Activity quantiles (by inverted CDF) and popularity Gini, beside what the data imitates."""
    like = parts.dataset.resembles
    table = Table(title="interactions a user, by quantile of users", box=None, title_justify="left")
    for name in ("", *(f"{q:.0%}" for q in QUANTILES), "popularity Gini"):
        table.add_column(name, justify="right")
    found = np.quantile(data.activity, QUANTILES, method="inverted_cdf")
    cells = [f"{value:,.0f}" for value in found]
    table.add_row("this data", *cells, f"{gini(data.popularity):.3f}")
    if like is not None:
        known = [str(like.activity_quantiles.get(q, "")) for q in QUANTILES]
        table.add_row(like.name, *known, f"{like.popularity_gini:.3f}")
    return table


def _behaviors(data: Interactions) -> Table:
    """What was done how often, before and after cleaning; the rarest of many are left out."""
    table = Table(title="behaviours", box=None, title_justify="left")
    for name in ("behaviour", "weight", "asked for", "rows found", "rows kept"):
        table.add_column(name, justify="left" if name == "behaviour" else "right")
    kept = np.bincount(np.asarray(data.behavior), minlength=len(data.behaviors)).tolist()
    rows = sorted(zip(data.behaviors, kept, strict=True), key=lambda row: -row[0].found)
    for behavior, count in rows[:BEHAVIORS]:
        asked = "yes" if behavior.target and count else "no"
        numbers = (f"{behavior.weight:g}", asked, f"{behavior.found:,}", f"{count:,}")
        table.add_row(cell(behavior.name), *numbers)
    return table


def _audit(data: Interactions) -> Table:
    """What each cleaning step removed, and which users went with it."""
    table = Table(
        title="cleaning: users lost, by the activity they had", box=None, title_justify="left"
    )
    for name in ("step", "rows", "items", *ACTIVITY_EDGES):
        table.add_column(name, justify="left" if name == "step" else "right")
    for step in data.audit:
        degradation = [f"{step.users_lost[name]:,}" for name in ACTIVITY_EDGES]
        table.add_row(
            cell(step.name), f"{step.rows_removed:,}", f"{step.items_lost:,}", *degradation
        )
    return table


def _buckets(parts: RunSettings, split: Split) -> Table:
    """Users and held-out items of each bucket, for both parts that are asked about."""
    table = Table(title="asked, by bucket", box=None, title_justify="left")
    columns = ("bucketing", "bucket", "training history", "validation", "test", "test items")
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place > 2 else "left")
    for bucketing in parts.bucket.values():
        sorts = [
            bucketing.sort(queries.train_history, split.train, split.catalogue)
            for queries in (split.validation, split.test)
        ]
        for label, name in [*enumerate(bucketing.names), (-1, COLD)]:
            users = [int((b.label == label).sum()) for b in sorts]
            items = int(split.test.target.lengths[sorts[1].label == label].sum())
            table.add_row(
                bucketing.name,
                name if any(users) else f"{name} (empty)",
                sorts[1].edges.get(name, "none"),
                *(f"{count:,}" for count in (*users, items)),
            )
    return table
