"""Splits of the data without and with feedback, which evaluate nothing that a run has seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrec.base.errors import DataError
from lrec.commands import loading
from lrec.commands.composing import ComposedConfig
from lrec.commands.update.child_runs import child_config
from lrec.commands.update.known_pairs import COLUMN, known_targets, mark_known
from lrec.commands.update.settings import UpdateSettings
from lrec.data.alignment import align, extend
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.model import Model
from lrec.reporting.terminal import Screen


def splits(
    settings: UpdateSettings,
    config: ComposedConfig,
    old: Model,
    data: Interactions,
    node: dict[str, Any],
    screen: Screen,
) -> tuple[Interactions, Split, Split]:
    """The joined data, and the splits without and with the feedback, in the same item codes.

    Pairs that the run was trained on are not evaluated again: they become history, and `node` the
    config of the data that says so.

    Raises:
        DataError: there is nothing else to ask.
    """

    def split() -> tuple[Interactions, Split]:
        scratch, _ = child_config(settings, config, {"dataset": node}, config.folder / "scratch")
        joined = loading.load_data(scratch)
        return joined, extend(scratch.split(joined), old.catalogue)

    joined, after = split()
    screen.note(feedback_line(data, joined, node))
    before = align(loading.split(settings, data), after.catalogue)
    known = known_targets(after, before)
    if not len(known):
        return joined, before, after
    repeated, asked = int(known["tested"].sum()), len(after.test.target.item)
    if repeated == asked:
        raise DataError(
            f"all {asked:,} test targets are pairs that the run was trained on, so nothing is "
            "left to compare on. To learn from the feedback without a test: evaluate=false."
        )
    mark_known(Path(node["path"]), data, known)
    node[COLUMN] = COLUMN
    joined, after = split()
    screen.note(
        f"repeats: the run was trained on {repeated:,} of {asked:,} test targets and on "
        f"{len(known) - repeated:,} validation targets: they are history now, and not "
        "evaluated again"
    )
    return joined, align(loading.split(settings, data), after.catalogue), after


def feedback_line(data: Interactions, joined: Interactions, node: Mapping[str, Any]) -> str:
    """Counts of the feedback: rows, pairs of user and item that are new, users and items."""
    import pandas as pd

    rows = len(pd.read_parquet(node["path"], columns=["user_id"])) - len(data)
    return (
        f"feedback: {rows:,} rows, {len(joined) - len(data):,} interactions more than before, "
        f"{joined.n_users - data.n_users:,} new users, "
        f"{joined.n_items - data.n_items:,} new items"
    )
