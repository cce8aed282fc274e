"""Recall of items that nobody trained on, and of the others, by bucket of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lrec.base.arrays import Bools, Ints
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import ALL, COLD, Buckets

COLD_ITEMS, OTHER_ITEMS = "cold-items", "other-items"


def recall_of_cold_items(
    items: Ints,
    target: Histories,
    catalogue: Catalogue,
    ks: Sequence[int],
    buckets: Sequence[Buckets],
) -> dict[str, float]:
    """Means over pairs of a user and a held-out item; recall of a pair is whether it is listed.

    Args:
        items: `(n, k)` lists, best first; -1 where the catalogue ran out.
        target: held-out items, a row for each list.

    Returns:
        `recall_at_<k>/cold-items` over the pairs whose item nobody trained on, inside the catalogue
        or not, `…/other-items` over the others, and the number of pairs, `pairs/cold-items`; of the
        users of a bucket, `…/cold-items/<bucket>`. Means over no pair are left out.
    """
    pairs = np.unique(np.stack([target.row, target.item]), axis=1)
    row, item = pairs
    rank = _ranks(items, row, item)
    trained = np.append(catalogue.is_trained, False)
    is_cold = ~trained[np.minimum(item, catalogue.n_items)]
    groups = _groups(len(target), buckets)
    values = {}
    for name, of_name in ((COLD_ITEMS, is_cold), (OTHER_ITEMS, ~is_cold)):
        for group, users in groups.items():
            chosen = rank[of_name & users[row]]
            place = name if group == ALL else f"{name}/{group}"
            values[f"pairs/{place}"] = float(len(chosen))
            if len(chosen):
                values |= {f"recall_at_{k}/{place}": float((chosen < k).mean()) for k in ks}
    return values


def _ranks(items: Ints, row: Ints, item: Ints) -> Ints:
    """Ranks from 0 of pairs in their rows' lists; the lists' length where they are not there."""
    n, k = items.shape
    width = 1 + max(items.max(initial=0), item.max(initial=0))
    listed = (np.arange(n)[:, None] * width + items).reshape(-1)
    listed[items.reshape(-1) < 0] = -1
    order = np.argsort(listed)
    wanted = row * width + item
    place = np.searchsorted(listed, wanted, sorter=order).clip(max=max(len(order) - 1, 0))
    if not len(order):
        return np.full(len(row), k)
    found = order[place]
    ranks: Ints = np.where(listed[found] == wanted, found % k, k)
    return ranks


def _groups(n: int, buckets: Sequence[Buckets]) -> Mapping[str, Bools]:
    """Users of every bucket, `(n,)` each."""
    groups: dict[str, Bools] = {ALL: np.ones(n, bool)}
    for bucket in buckets:
        groups |= {name: bucket.column == name for name in (*bucket.names, COLD)}
    return groups
