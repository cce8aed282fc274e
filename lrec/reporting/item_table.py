"""Accuracy by popularity of the held-out items, for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from lrec.reporting.formatting import number
from lrec.reporting.terminal import cell, plain_table


def item_table(
    values: Mapping[str, float], names: Collection[str], groups: Sequence[str], k: int
) -> Table | None:
    """Recall of pairs by item bucket and group of users, beside the share of the lists.

    Args:
        values: metrics by `<metric>/<item bucket>/<group>`.
        names: of the item buckets.
        groups: of users; the first one stands for all.

    Returns:
        The table; None where no target is in the catalogue.
    """
    known = [group for group in groups if any(_found(values, n, group, k) for n in names)]
    if not known:
        return None
    title = f"share of held-out items found in the first {k}, by their popularity"
    numbers = (Text("targets"), *map(cell, known), Text("of all lists"))
    table = plain_table("items", *numbers, title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in names:
        share = values.get(f"item_exposure_at_{k}/{name}/{groups[0]}")
        table.add_row(
            cell(name),
            f"{values.get(f'item_targets/{name}/{groups[0]}', 0):,.0f}",
            *(number(values.get(f"item_recall_at_{k}/{name}/{group}")) for group in known),
            "–" if share is None else f"{100 * share:.1f} %",
        )
    return table


def _found(values: Mapping[str, float], name: str, group: str, k: int) -> bool:
    return f"item_recall_at_{k}/{name}/{group}" in values
