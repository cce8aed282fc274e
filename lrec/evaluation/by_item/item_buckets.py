"""Item buckets: accuracy on tail, torso, head and never-trained items as targets, and exposure.

A pair is a user with one of the user's held-out items, each pair counted once. The user table keeps
each user's sums over pairs by item bucket; a mean over pairs is a ratio of two sums over users.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Array, Floats, Ints
from lrec.data.catalogue import Catalogue
from lrec.evaluation.bucket import quantiles
from lrec.evaluation.metric import Lists, discounts

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("items-tail", "items-torso", "items-head", "items-cold")
COLD = 3  # index of the last one
SHARES = (0.5, 0.8)  # of the catalogue's items, at which tail, torso and head part
TARGETS = "item_targets"  # pairs; column and metric
RECALL, NDCG, EXPOSURE = "item_recall", "item_ndcg", "item_exposure"
MEASURES = (RECALL, NDCG, EXPOSURE)


@dataclass(frozen=True)
class ItemBuckets:
    """The catalogue's items, sorted by training popularity as users are by activity.

    Attributes:
        names: of the buckets; `items-cold` only where the catalogue has such items, or would have
            every item that has a row in the items file.
        label: `(n_items,)` index into `names`.
        edges: a description of each bucket, by name.
    """

    names: tuple[str, ...]
    label: Ints
    edges: dict[str, str]


def item_buckets(catalogue: Catalogue) -> ItemBuckets:
    """Sort the items: tail, the least popular that are half of those with training interactions,
    head, the most popular fifth; items of equal popularity are never parted.

    >>> counts = np.array([9, 1, 3, 1, 2, 0])
    >>> buckets = item_buckets(Catalogue(np.array(list("abcdef")), counts, counts, n_users=9))
    >>> [buckets.names[label].removeprefix("items-") for label in buckets.label]
    ['head', 'tail', 'torso', 'tail', 'tail', 'cold']
    """
    popularity = catalogue.popularity
    is_trained = popularity > 0
    low, high = quantiles(popularity[is_trained], SHARES) if is_trained.any() else (0.0, 0.0)
    label = np.where(is_trained, np.searchsorted([low, high], popularity, side="left"), COLD)
    names = NAMES if catalogue.all_items or not is_trained.all() else NAMES[:COLD]
    ranges = (f"n <= {low:g}", f"{low:g} < n <= {high:g}", f"n > {high:g}", "n = 0")
    counts = np.bincount(label, minlength=len(NAMES))
    edges = {
        name: f"{words} training users: {count:,} items"
        for name, words, count in zip(names, ranges, counts.tolist(), strict=False)
    }
    return ItemBuckets(names, label, edges)


def item_columns(
    lists: Lists,
    ks: Sequence[int],
    buckets: ItemBuckets,
    measures: Collection[str] = MEASURES,
) -> dict[str, Array]:
    """Sums over each user's pairs and lists by item bucket, columns of the user table `(n,)`.

    Targets outside the catalogue are `items-cold` where it has every item that is known
    (`all_items`): nobody trained on them either. Elsewhere they belong to no bucket.

    Args:
        measures: those that are wanted.

    Returns:
        `item_targets/<bucket>`, pairs; `item_recall_at_<k>/<bucket>`, those in the first k;
        `item_ndcg_at_<k>/<bucket>`, the sum of 1 / log2(rank + 1) of those; and
        `item_exposure_at_<k>/<bucket>`, the items of the first k. Whole numbers are int32.
    """
    n_items, names = lists.catalogue.n_items, buckets.names
    sums: dict[str, Array] = {}

    def add(name: str, row: Ints, label: Ints, weights: Floats | None = None) -> None:
        place = row * len(names) + label
        total = np.bincount(place, weights, minlength=len(lists) * len(names))
        by_bucket = total.reshape(len(lists), len(names))
        kind = np.int32 if weights is None else np.float64
        sums.update({f"{name}/{b}": by_bucket[:, i].astype(kind) for i, b in enumerate(names)})

    row, item = lists.targets
    counted = (item < n_items) | lists.catalogue.all_items
    label = np.append(buckets.label, COLD)[np.minimum(item, n_items)]
    add(TARGETS, row[counted], label[counted])
    for k in ks:
        row, rank = np.nonzero(lists.hits[:, :k])
        label = buckets.label[lists.items[row, rank]]
        if RECALL in measures:
            add(f"{RECALL}_at_{k}", row, label)
        if NDCG in measures:
            add(f"{NDCG}_at_{k}", row, label, discounts(k)[rank])
        if EXPOSURE in measures:
            row, rank = np.nonzero(lists.items[:, :k] >= 0)
            add(f"{EXPOSURE}_at_{k}", row, buckets.label[lists.items[row, rank]])
    return sums


def buckets_in(table: pd.DataFrame) -> list[str]:
    """The item buckets that a user table has sums for."""
    return [name for name in NAMES if f"{TARGETS}/{name}" in table]


def item_sums(
    table: pd.DataFrame, measure: str, k: int, names: Sequence[str]
) -> tuple[Floats, Floats]:
    """A measure's numerators and denominators by user, each `(n, len(names))` float64.

    Args:
        names: of item buckets that the table has.
    """
    parts = table[[f"{measure}_at_{k}/{name}" for name in names]].to_numpy(float)
    if measure == EXPOSURE:
        return parts, np.repeat(parts.sum(axis=1, keepdims=True), len(names), axis=1)
    return parts, table[[f"{TARGETS}/{name}" for name in names]].to_numpy(float)


def item_metrics(
    table: pd.DataFrame, ks: Sequence[int], groups: Mapping[str, Ints]
) -> dict[str, float]:
    """Means over pairs by item bucket and group of users, and shares of the lists.

    Args:
        groups: rows of each group of users.

    Returns:
        `<measure>_at_<k>/<item bucket>/<group>`, of measures that the table has sums for, and
        `item_targets/<item bucket>/<group>`; left out where there is no pair, or no list.
    """
    names, values = buckets_in(table), {}
    for k, measure in product(ks, MEASURES):
        if not names or f"{measure}_at_{k}/{names[0]}" not in table:
            continue
        parts, wholes = item_sums(table, measure, k, names)
        for group, rows in groups.items():
            total = wholes[rows].sum(axis=0)
            for place in np.flatnonzero(total):
                key = f"{measure}_at_{k}/{names[place]}/{group}"
                values[key] = float(parts[rows, place].sum() / total[place])
    for name in names:
        counts = table[f"{TARGETS}/{name}"].to_numpy()
        values |= {f"{TARGETS}/{name}/{g}": float(counts[rows].sum()) for g, rows in groups.items()}
    return values
