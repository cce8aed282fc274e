"""Cleaning of a raw table: every step explicit, and counted in the user-loss audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.arrays import Bools, Ints
from lrec.base.errors import DataError, Problems
from lrec.data.cleaning.audit import drop, note
from lrec.data.cleaning.behaviors import check_behaviors, weigh
from lrec.data.cleaning.coding import coded, compact, complete, content_digest
from lrec.data.cleaning.problems import problems_of
from lrec.data.cleaning.raw_rows import identified, ordered
from lrec.data.interactions import Interactions
from lrec.data.user_order import grouped

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """Policies for rows that are incomplete, repeated, or unwanted; applied in this order:
    ids, behaviours, timestamps, ratings, duplicates, `min_rating`, `k_core`.

    Args:
        duplicates: the one of several interactions of a user with an item that stays: `last` or
            `first` of those that are targets, if any are, and among them of those that weigh most.
            `sum` is `last`, with the weights of all. `keep` keeps all.
        missing: refuse (`error`) or `drop` rows that lack a value; for all of the keys below that
            are None.
        missing_rating: refuse (`error`), `drop` the row, fill with the `mean` or `median` of the
            item's ratings (of all ratings where the item has none), or `keep` the row as implicit
            feedback: then the whole data set is read as implicit.
        missing_timestamp: refuse (`error`) or `drop` the row.
        min_rating: implicit threshold: rows rated lower are dropped. None keeps all.
        k_core: drop users and items with fewer interactions, repeatedly. 0 keeps all: a k-core
            removes the long tail before anybody can measure it.
        missing_id: refuse (`error`) or `drop` rows without user or item.
        missing_behavior: refuse (`error`) or `drop` the row.
        behaviors: weight of an interaction in training, by its behaviour. Behaviours that weigh 0
            or are not named are dropped. None: all count 1.
        targets: behaviours that validation and test hold out. None: all.

    Raises:
        ValueError: an argument is out of range.
    """

    duplicates: Literal["last", "first", "keep", "sum"] = "last"
    missing: Literal["error", "drop"] = "error"
    missing_rating: Literal["error", "drop", "mean", "median", "keep"] | None = None
    missing_timestamp: Literal["error", "drop"] | None = None
    min_rating: float | None = None
    k_core: int = 0
    missing_id: Literal["error", "drop"] | None = None
    missing_behavior: Literal["error", "drop"] | None = None
    behaviors: Mapping[str, float] | None = None
    targets: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.k_core < 0:
            raise ValueError(f"k_core must be 0 (off) or more. Received: {self.k_core}")
        check_behaviors(self.behaviors, self.targets)

    def __call__(self, frame: pd.DataFrame, clock: bool) -> Interactions:
        """Clean a table with columns user, item and, where there are any, rating, timestamp and
        behavior.

        Args:
            frame: one row an interaction, in file order; missing values are NaN. Its
                `attrs["notes"]` and `attrs["columns"]`, if any, become those of the data; its
                `attrs["problems"]` are refused together with what is missing.
            clock: True if timestamps of different users can be compared.

        Raises:
            DataError: a value is missing and its policy is `error`, or nothing is left.
        """
        if not len(frame):
            raise DataError("the data has no rows.")
        notes, columns = tuple(frame.attrs.get("notes", ())), frame.attrs.get("columns")
        self.problems(frame).refuse()
        frame = frame.reset_index(drop=True)
        frame, audit = identified(frame)
        frame = ordered(frame)
        data = replace(coded(frame, clock), audit=audit, notes=notes, columns=columns)
        data, frame = complete(data, frame, "behavior")
        data, frame = self._choose(data, frame)
        data, frame = complete(data, frame, "timestamp")
        data = self._rate(data, frame)
        data = self._unite(data)
        if self.min_rating is not None:
            if data.rating is None:
                raise DataError(
                    f"dataset.min_rating={self.min_rating} needs ratings, and the data has none."
                )
            data = drop(data, data.rating < self.min_rating, f"rating below {self.min_rating:g}")
        data = self._core(data)
        if not len(data):
            raise DataError("cleaning left no interactions: loosen the dataset's settings.")
        data = compact(data)
        unique = self.duplicates != "keep"
        return replace(data, digest=content_digest(data), unique_pairs=unique)

    def problems(self, frame: pd.DataFrame) -> Problems:
        """Problems of a table for which it is refused, see `problems_of`."""
        return Problems(problems_of(frame, self.policies(), self.behaviors))

    def policies(self) -> dict[str, str]:
        """The policy for missing values by what is missing: rating, timestamp, id, behavior."""
        return {
            what: getattr(self, f"missing_{what}") or self.missing
            for what in ("rating", "timestamp", "id", "behavior")
        }

    def _choose(self, data: Interactions, frame: pd.DataFrame) -> tuple[Interactions, pd.DataFrame]:
        """Weigh behaviours, and drop those without weight, one by one for the audit."""
        data = weigh(data, self.behaviors, self.targets)
        if data.weight is None:
            return data, frame
        used = data.weight > 0
        weight, frame = data.weight[used], frame[used]
        for code, behavior in enumerate(data.behaviors):
            if not behavior.weight:
                rows = np.asarray(data.behavior) == code
                data = drop(data, rows, f"behaviour {behavior.name}")
        return replace(data, weight=None if (weight == 1).all() else weight), frame

    def _rate(self, data: Interactions, frame: pd.DataFrame) -> Interactions:
        """Apply the policy for missing ratings."""
        if data.rating is None:
            return data
        policy = self.policies()["rating"]
        if policy == "drop":
            return complete(data, frame, "rating")[0]
        missing = np.isnan(data.rating)
        if not missing.any():
            return data
        count = f"{missing.sum()} missing ratings"
        if policy == "keep":
            data = replace(data, rating=None)
            return note(data, f"{count}: all is read as implicit feedback")
        if missing.all():
            raise DataError("no row has a rating to fill the others from: set dataset.rating=null.")
        import pandas as pd

        rating = pd.Series(data.rating)
        mean = policy == "mean"
        by_item = rating.groupby(data.item).transform("mean" if mean else "median")
        overall = rating.mean() if mean else rating.median()
        filled = rating.fillna(by_item).fillna(overall).to_numpy(np.float32)
        return note(replace(data, rating=filled), f"{count} filled by the item's {policy}")

    def _unite(self, data: Interactions) -> Interactions:
        """Leave one of several interactions of a user with an item, unless all are kept."""
        if self.duplicates == "keep" or not _repeats(data):
            return data
        import pandas as pd

        pair = data.user.astype(np.int64) * data.n_items + data.item
        several = np.flatnonzero(pd.Series(pair).duplicated(keep=False))
        direction = -1 if self.duplicates == "first" else 1
        # Of a pair the last in this order stays: targets, then by weight, time, index in the file.
        keys = [
            *([-several] if self.duplicates == "first" else []),
            *([] if data.timestamp is None else [direction * data.timestamp[several]]),
            *([] if data.weight is None else [data.weight[several]]),
            *([] if data.is_target.all() else [data.is_target[several]]),
            *([] if data.part is None else [-data.part[several]]),  # what is trained on is known
            pair[several],
        ]
        order = several[np.lexsort(keys)]
        repeated = np.zeros(len(data), bool)
        repeated[order[:-1][pair[order][1:] == pair[order][:-1]]] = True
        if data.part is not None:
            data = _note_known(data, pair, order, repeated)
        if self.duplicates == "sum":
            index = np.unique(pair, return_inverse=True)[1]
            total = np.bincount(index, weights=data.weight)[index]
            data = replace(data, weight=total.astype(np.float32))
        return drop(data, repeated, "duplicate")

    def _core(self, data: Interactions) -> Interactions:
        """Leave users and items of `k_core` interactions with each other, the largest such set."""
        core = np.ones(len(data), bool)
        while self.k_core:
            activity = np.bincount(data.user[core], minlength=data.n_users)
            popularity = np.bincount(data.item[core], minlength=data.n_items)
            rare = (activity[data.user] < self.k_core) | (popularity[data.item] < self.k_core)
            if not (core & rare).any():
                break
            core &= ~rare
        return drop(data, ~core, f"{self.k_core}-core")


def _note_known(data: Interactions, pair: Ints, order: Ints, repeated: Bools) -> Interactions:
    """Note the held-out pairs of a ready-made split that an earlier part has too.

    Args:
        pair, repeated: `(len(data),)` number of each pair, and True where a row is dropped.
        order: rows of repeated pairs, by pair, the one that stays last.
    """
    assert data.part is not None
    last = np.flatnonzero(np.append(pair[order][1:] != pair[order][:-1], True))
    stays = order[last[np.searchsorted(last, np.arange(len(order)))]]
    known = int((repeated[order] & (data.part[stays] < data.part[order])).sum())
    if not known:
        return data
    text = (
        f"{known:,} held-out pairs of the ready-made split are in an earlier part too: they stay "
        "there, and are not asked for, as the user has them already (dataset.duplicates=keep asks)"
    )
    return replace(data, notes=(*data.notes, text))


def _repeats(data: Interactions) -> bool:
    """True if a user has an item twice."""
    from scipy.sparse import csr_array

    rows, offsets = grouped(data.user, data.n_users)
    entries = (np.empty(len(data), np.int8), data.item[rows], offsets)
    by_item = csr_array(entries, shape=(data.n_users, data.n_items)).tocsc()
    users, starts = by_item.indices, by_item.indptr  # users of an item in their order
    same = users[1:] == users[:-1]
    same[starts[(starts > 0) & (starts < len(users))] - 1] = False  # where an item begins
    return bool(same.any())
