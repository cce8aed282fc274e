"""Splits of large data, kept beside the prepared data and mapped into memory."""

from __future__ import annotations

import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

from lrec.base.arrays import Arrays
from lrec.base.config.code_digest import code_digest
from lrec.base.errors import one_line
from lrec.base.files import digest_of_values
from lrec.base.mapped_arrays import read_mapped, write_mapped
from lrec.data import cache_upkeep
from lrec.data.alignment import index_of
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.queries import Queries, Split
from lrec.data.split import Splitter, note_repeated

SMALLEST = 1_000_000  # interactions: fewer are split sooner than a split is found
PARTS = ("validation", "test")
HISTORIES = ("history", "train_history", "target")
COLUMNS = tuple(field.name for field in fields(Histories))


def kept_split(splitter: Splitter, data: Interactions, folder: Path) -> Split:
    """The split of data, from the folder of prepared data where it is large and was split before.

    Args:
        data: as it was loaded.

    Raises:
        DataError: see `Splitter`.
    """
    key = split_key(splitter, data)
    if key is None:
        return splitter(data)
    path = folder / f"{key}{cache_upkeep.SPLIT}"
    split = _load(path, data)
    if split is None:
        split = splitter(data)
        if any(getattr(split, part).masked_items is not None for part in PARTS):
            return split  # a plugin's, with masks that are not kept
        _store(path, split, data)
    elif not data.unique_pairs:
        note_repeated(split.test)
    cache_upkeep.limit_size(path)
    return split


def split_key(splitter: Splitter, data: Interactions) -> str | None:
    """Digest of all that a split depends on; None for data that is split sooner than it is found.

    A splitter has no settings but its attributes.
    """
    if len(data) < SMALLEST or data.truth is not None or data.known is not None:
        return None
    if data.features.released is not None:  # masks of its own, which are not kept
        return None
    settings = {name: repr(value) for name, value in vars(splitter).items()}
    kind = f"{type(splitter).__module__}.{type(splitter).__qualname__}"
    return digest_of_values([data.digest, kind, settings, code_digest([splitter])])


def _histories(split: Split) -> dict[str, Histories]:
    """The histories by name; some are the same object."""
    queries = {part: getattr(split, part) for part in PARTS}
    return {"train": split.train} | {
        f"{part}/{name}": getattr(queries[part], name) for part in PARTS for name in HISTORIES
    }


def _store(path: Path, split: Split, data: Interactions) -> None:
    """Write a split, each history once; a failure only warns."""
    catalogue = split.catalogue
    arrays: Arrays = {
        "order": index_of(catalogue.ids, data.item_ids),
        "popularity": catalogue.popularity,
        "interactions": catalogue.interactions,
    }
    first: dict[int, str] = {}
    names = {}
    for name, histories in _histories(split).items():
        names[name] = first.setdefault(id(histories), name)
        if names[name] == name:
            columns = {column: getattr(histories, column) for column in COLUMNS}
            arrays |= {f"{name}/{c}": a for c, a in columns.items() if a is not None}
    meta = {
        "data": data.digest,
        "histories": names,
        "n_users": catalogue.n_users,
        "counts": split.counts,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mapped(path, arrays, meta)
    except OSError as error:
        warnings.warn(f"the split could not be kept in {path.parent} ({error})", stacklevel=3)


def _load(path: Path, data: Interactions) -> Split | None:
    """Map a kept split, or None where there is none or it is damaged (then it is removed)."""
    if not path.exists():
        return None
    try:
        arrays, meta = read_mapped(path)
        made = {
            name: Histories(**{column: arrays.get(f"{name}/{column}") for column in COLUMNS})  # type: ignore[arg-type]
            for name in set(meta["histories"].values())
        }
        histories = {name: made[first] for name, first in meta["histories"].items()}
        order = arrays["order"]
        return Split(
            train=histories["train"],
            **{part: _queries(histories, part) for part in PARTS},
            catalogue=Catalogue(
                ids=data.item_ids[order],
                popularity=arrays["popularity"],
                interactions=arrays["interactions"],
                n_users=meta["n_users"],
                features=data.features.take(order),
                all_items=data.all_items,
            ),
            user_ids=data.user_ids,
            clock=data.clock,
            counts=meta["counts"],
        )
    except Exception as error:
        warnings.warn(
            f"the split in {path} is damaged ({one_line(error)}): splitting again", stacklevel=3
        )
        path.unlink(missing_ok=True)
        return None


def _queries(histories: dict[str, Histories], part: str) -> Any:
    return Queries(*(histories[f"{part}/{name}"] for name in HISTORIES))
