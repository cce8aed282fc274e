"""Lines on items that can be recommended though nobody trained on them (catalogue=all)."""

from __future__ import annotations

from collections.abc import Mapping

from lrec.data.queries import Split
from lrec.evaluation.bucket import ALL
from lrec.evaluation.by_item.item_buckets import NAMES, RECALL, TARGETS

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


def cold_items_line(values: Mapping[str, float], k: int, n_items: int) -> str:
    """A line on the recall of items that nobody trained on; empty where none was a target.

    Args:
        values: metrics of a test, by name.
        n_items: size of the catalogue.
    """
    *others, cold = NAMES
    recall = {name: values.get(f"{RECALL}_at_{k}/{name}/{ALL}", 0.0) for name in NAMES}
    pairs = {name: values.get(f"{TARGETS}/{name}/{ALL}", 0.0) for name in NAMES}
    if not pairs[cold]:
        return ""
    known = sum(pairs[name] for name in others)
    found = sum(pairs[name] * recall[name] for name in others)
    return (
        f"{cold}, which nobody trained on: recall@{k} {recall[cold]:.4f} of {pairs[cold]:,.0f} "
        f"targets; by chance {min(k / n_items, 1):.4f}"
        + (f"; of all other items {found / known:.4f}" if known else "")
    )
