"""Prepared data on disk, by the content that it was prepared from."""

from __future__ import annotations

import os
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lrec import __version__
from lrec.base.errors import one_line
from lrec.base.files import digest_of_file, digest_of_values
from lrec.base.mapped_arrays import read_mapped, write_mapped
from lrec.data import genre_matrix
from lrec.data.interactions import Behavior, CleaningStep, Interactions, ItemFeatures
from lrec.data.used_columns import UsedColumns

# Part of every key: raise it when the prepared form changes.
FORMAT = 10

FEATURES = ("titles", "described", "released")  # arrays of the items


def folder(chosen: str | None) -> Path:
    """The cache folder: the chosen one, `$LREC_CACHE`, or `lrec` in the user's cache folder."""
    if chosen or os.environ.get("LREC_CACHE"):
        return Path(chosen or os.environ["LREC_CACHE"]).expanduser()
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "lrec"


def key(files: list[Path], settings: dict[str, Any]) -> str:
    """Hex digest of the files' bytes and the settings that shape the result."""
    # another version of lrec may read the same file in another way
    return digest_of_values([FORMAT, __version__, settings, *map(digest_of_file, files)])


def load(path: Path) -> Interactions | None:
    """Map prepared data, or None where there is none or it is damaged (then it is removed)."""
    if not path.exists():
        return None
    try:
        mapped, meta = read_mapped(path)
        arrays: dict[str, Any] = {**mapped}
        names = tuple(meta["genre_names"])
        genres = genre_matrix.restored(arrays, len(names))
        for name in (genre_matrix.OFFSETS, genre_matrix.CODES):
            arrays.pop(name, None)
        features = {name: arrays.pop(name) for name in FEATURES if name in arrays}
        return Interactions(
            **{"rating": None, "timestamp": None, **arrays},
            clock=meta["clock"],
            unique_pairs=meta["unique_pairs"],
            all_items=meta.get("all_items", False),
            digest=meta["digest"],
            audit=tuple(CleaningStep(**step) for step in meta["audit"]),
            notes=tuple(meta["notes"]),
            behaviors=tuple(Behavior(**behavior) for behavior in meta["behaviors"]),
            features=ItemFeatures(genres=genres, genre_names=names, **features),
            columns=_columns(meta["columns"]),
            items_columns=_columns(meta["items_columns"]),
        )
    except Exception as error:
        warnings.warn(
            f"prepared data in {path} is damaged ({one_line(error)}): preparing it again",
            stacklevel=2,
        )
        path.unlink(missing_ok=True)
        return None


def _columns(meta: dict[str, Any] | None) -> UsedColumns | None:
    return None if meta is None else UsedColumns(meta["chosen"], tuple(meta["unused"]))


def store(path: Path, data: Interactions) -> None:
    """Write prepared data for `load`; a reader never sees half a file, a failure only warns."""
    meta = {
        "clock": data.clock,
        "unique_pairs": data.unique_pairs,
        "all_items": data.all_items,
        "digest": data.digest,
        "audit": [asdict(step) for step in data.audit],
        "notes": data.notes,
        "columns": data.columns and asdict(data.columns),
        "items_columns": data.items_columns and asdict(data.items_columns),
        "behaviors": [asdict(behavior) for behavior in data.behaviors],
        "genre_names": data.features.genre_names,
    }
    arrays = {
        "user": data.user,
        "item": data.item,
        "rating": data.rating,
        "timestamp": data.timestamp,
        "behavior": data.behavior,
        "weight": data.weight,
        "known": data.known,
        "part": data.part,
        "position": data.position,
        "user_ids": data.user_ids,
        "item_ids": data.item_ids,
        **{name: getattr(data.features, name) for name in FEATURES},
        **genre_matrix.stored(data.features.genres),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mapped(path, {k: v for k, v in arrays.items() if v is not None}, meta)
    except OSError as error:
        warnings.warn(f"prepared data could not be kept in {path.parent} ({error})", stacklevel=2)
