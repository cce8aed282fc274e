"""Lines on items that can be recommended though nobody trained on them (catalogue=all)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lrec.data.queries import Split
from lrec.evaluation.bucket import ALL
from lrec.evaluation.by_item.cold_items import COLD_ITEMS, OTHER_ITEMS

UNTRAINED = "catalogue_items_never_trained"  # among the counts of a split


def catalogue_line(split: Split) -> str:
    """A line on the items that can be recommended; empty where they are those of training."""
    if UNTRAINED not in split.counts:
        return ""
    catalogue = split.catalogue
    inside = split.test.target.within(catalogue.n_items).item
    untrained = (~catalogue.is_trained[inside]).sum() / max(len(split.test.target.item), 1)
    return (
        f"catalogue=all: {catalogue.n_items:,} items can be recommended; nobody trained on "
        f"{split.counts[UNTRAINED]:,.0f} of them, which are {untrained:.1%} of the test items"
    )


def reach_line(name: str, split: Split, by_content: bool) -> str:
    """A line on how items that nobody trained on are scored; empty where there are none.

    Args:
        name: of the model.
        by_content: True if they are scored at all.
    """
    untrained = split.counts.get(UNTRAINED, 0)
    if not untrained:
        return ""
    if by_content:
        return f"model={name} scores the items of training, and {untrained:,.0f} others by content"
    return (
        f"model={name} never recommends the {untrained:,.0f} items that nobody trained on, for "
        "they have no vectors to be scored by: name some, such as feature=genres or feature=titles"
    )


def cold_items_line(
    values: Mapping[str, float], groups: Sequence[str], k: int, n_items: int
) -> str:
    """A line on the recall of items that nobody trained on; empty where none was a target.

    Args:
        values: metrics of a test, by name.
        groups: of users, `all` the first.
        n_items: size of the catalogue.
    """
    recall = f"recall_at_{k}"
    if f"{recall}/{COLD_ITEMS}" not in values:
        return ""
    by_bucket = [
        f"{group} {values[key]:.4f}"
        for group in groups
        if group != ALL and (key := f"{recall}/{COLD_ITEMS}/{group}") in values
    ]
    others = values.get(f"{recall}/{OTHER_ITEMS}")
    return (
        f"items that nobody trained on: recall@{k} {values[f'{recall}/{COLD_ITEMS}']:.4f} over "
        f"{values[f'pairs/{COLD_ITEMS}']:,.0f} test items ({', '.join(by_bucket)}); by chance "
        f"{min(k / n_items, 1):.4f}"
        + (f"; of the other items {others:.4f}" if others is not None else "")
    )
