"""Raw table -> Interactions: every step explicit, and counted in the user-loss audit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.data import Bools, CleaningStep, DataError, Interactions, Ints

if TYPE_CHECKING:
    import pandas as pd

# Activity classes of the audit: a user of n interactions falls into the last edge <= n.
ACTIVITY_EDGES = {"1": 1, "2-4": 2, "5-9": 5, "10-19": 10, "20-49": 20, "50+": 50}


@dataclass(frozen=True)
class Cleaning:
    """What to do with rows that are missing something, repeated, or unwanted.

    Args:
        duplicates: which of several interactions of one user with one item stays.
        missing_rating: refuse (`error`), `drop` the row, fill with the `mean` or `median` of the
            item's ratings (of all ratings where the item has none), or `keep` the row as implicit
            feedback: then the whole data set is read as implicit.
        missing_timestamp: refuse (`error`) or `drop` the row.
        min_rating: implicit threshold: rows rated lower are dropped. None keeps all.
        k_core: drop users and items with fewer interactions, repeatedly. 0 keeps all: a k-core
            removes the long tail before anybody can measure it.
    """

    duplicates: Literal["last", "first", "keep"] = "last"
    missing_rating: Literal["error", "drop", "mean", "median", "keep"] = "error"
    missing_timestamp: Literal["error", "drop"] = "error"
    min_rating: float | None = None
    k_core: int = 0

    def __post_init__(self) -> None:
        if self.k_core < 0:
            raise ValueError(f"k_core must be 0 (off) or more. Received: {self.k_core}")

    def __call__(self, frame: pd.DataFrame, clock: bool) -> Interactions:
        """Clean a table with columns user, item and, where there are any, rating, timestamp.

        Args:
            frame: one row an interaction, in file order; missing values are NaN.
            clock: whether timestamps of different users can be compared.

        Raises:
            DataError: something is missing and the settings do not say what to do about it, or
                nothing is left.
        """
        data = _coded(frame, clock)
        missing = np.zeros(len(data), bool)
        if data.timestamp is not None:
            missing = frame["timestamp"].isna().to_numpy()
            _refuse(missing, self.missing_timestamp, "timestamp", "drop")
        data = _drop(data, missing, "missing timestamp")
        data = self._fill_ratings(data)
        if self.duplicates != "keep":
            data = _drop(data, _repeated(data, self.duplicates), "duplicate")
        if self.min_rating is not None:
            if data.rating is None:
                raise DataError(
                    f"dataset.min_rating={self.min_rating} needs ratings, and the data has none."
                )
            data = _drop(data, data.rating < self.min_rating, f"rating below {self.min_rating:g}")
        data = self._core(data)
        if not len(data):
            raise DataError("cleaning left no interactions: loosen the dataset's settings.")
        data = _compact(data)
        return replace(data, digest=_digest(data))

    def _fill_ratings(self, data: Interactions) -> Interactions:
        if data.rating is None:
            return data
        missing = np.isnan(data.rating)
        _refuse(missing, self.missing_rating, "rating", "drop|mean|median|keep")
        if self.missing_rating in ("drop", "error") or not missing.any():
            return _drop(data, missing, "missing rating")
        if self.missing_rating == "keep":
            return replace(data, rating=None)
        if missing.all():
            raise DataError("no row has a rating to fill the others from: set dataset.rating=null.")
        import pandas as pd

        rating = pd.Series(data.rating)
        by_item = rating.groupby(data.item).transform(
            "mean" if self.missing_rating == "mean" else "median"
        )
        overall = rating.mean() if self.missing_rating == "mean" else rating.median()
        filled = rating.fillna(by_item).fillna(overall).to_numpy(np.float32)
        step = CleaningStep(f"{missing.sum()} missing ratings filled", 0, 0, _classes([]))
        return replace(data, rating=filled, audit=(*data.audit, step))

    def _core(self, data: Interactions) -> Interactions:
        core = np.ones(len(data), bool)
        while self.k_core:
            activity = np.bincount(data.user[core], minlength=data.n_users)
            popularity = np.bincount(data.item[core], minlength=data.n_items)
            rare = (activity[data.user] < self.k_core) | (popularity[data.item] < self.k_core)
            if not (core & rare).any():
                break
            core &= ~rare
        return _drop(data, ~core, f"{self.k_core}-core")


def _coded(frame: pd.DataFrame, clock: bool) -> Interactions:
    """Integer codes for ids, in the order of the sorted ids."""
    import pandas as pd

    if frame.empty:
        raise DataError("the data has no rows.")
    for column in ("user", "item"):
        _refuse(frame[column].isna().to_numpy(), "error", column + " id", "")
    user, user_ids = pd.factorize(frame["user"], sort=True)
    item, item_ids = pd.factorize(frame["item"], sort=True)
    timestamp = rating = None
    if "rating" in frame:
        rating = frame["rating"].to_numpy(np.float32)
    if "timestamp" in frame:
        timestamp = frame["timestamp"].fillna(0).to_numpy(np.int64)
    return Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=rating,
        timestamp=timestamp,
        user_ids=np.asarray(user_ids, dtype=np.str_),
        item_ids=np.asarray(item_ids, dtype=np.str_),
        clock=clock,
    )


def _refuse(missing: Bools, policy: str, what: str, choices: str) -> None:
    if policy == "error" and missing.any():
        advice = f"choose dataset.missing_{what}={choices}" if choices else "mend the file"
        raise DataError(
            f"{missing.sum()} of {len(missing)} rows have no {what} "
            f"(the first is data row {missing.argmax() + 1}): {advice}."
        )


def _repeated(data: Interactions, keep: Literal["last", "first"]) -> Bools:
    """The interactions whose user has another, later (or earlier) one with the same item."""
    pair = data.user.astype(np.int64) * data.n_items + data.item
    keys = [pair] if data.timestamp is None else [data.timestamp, pair]
    order = np.lexsort(keys)
    same = pair[order][1:] == pair[order][:-1]
    repeated = np.zeros(len(data), bool)
    repeated[order[:-1][same] if keep == "last" else order[1:][same]] = True
    return repeated


def _drop(data: Interactions, rows: Bools, name: str) -> Interactions:
    """Remove `rows` and note in the audit which users went with them; codes stay."""
    if not rows.any():
        return data
    keep = ~rows
    kept = replace(
        data,
        user=data.user[keep],
        item=data.item[keep],
        rating=None if data.rating is None else data.rating[keep],
        timestamp=None if data.timestamp is None else data.timestamp[keep],
    )
    lost = np.flatnonzero((data.activity > 0) & (kept.activity == 0))
    items = int(((data.popularity > 0) & (kept.popularity == 0)).sum())
    step = CleaningStep(name, int(rows.sum()), items, _classes(data.activity[lost]))
    return replace(kept, audit=(*data.audit, step))


def _classes(activity: Ints | list[int]) -> dict[str, int]:
    edges = list(ACTIVITY_EDGES.values())
    which = np.searchsorted(edges, np.asarray(activity, int), side="right") - 1
    counts = np.bincount(which, minlength=len(edges))
    return {name: int(count) for name, count in zip(ACTIVITY_EDGES, counts, strict=True)}


def _compact(data: Interactions) -> Interactions:
    """Renumber users and items so that every code occurs."""
    users, items = data.activity > 0, data.popularity > 0
    return replace(
        data,
        user=(np.cumsum(users) - 1).astype(np.int32)[data.user],
        item=(np.cumsum(items) - 1).astype(np.int32)[data.item],
        user_ids=data.user_ids[users],
        item_ids=data.item_ids[items],
        features=data.features.take(np.flatnonzero(items)),
    )


def _digest(data: Interactions) -> str:
    digest = hashlib.sha256()
    for part in (data.user, data.item, data.rating, data.timestamp, data.user_ids, data.item_ids):
        if part is not None:
            digest.update(str((part.dtype, part.shape)).encode())
            digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
