"""Data sets: sources of interactions, from files or generated."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.base.config.component import Component
from lrec.base.errors import DataError, Problems
from lrec.base.files import digest_of_values
from lrec.base.missing_files import existing
from lrec.base.sets import is_among, unique
from lrec.data import cache, cache_upkeep
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.cleaning.raw_rows import notes_on_times
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.tables.item_features import ItemTable, item_features
from lrec.data.tables.missing_values import MissingValues
from lrec.data.tables.opening import Source
from lrec.data.tables.table_format import TableFormat
from lrec.data.used_columns import UsedColumns, without_times

if TYPE_CHECKING:
    import pandas as pd

LARGE = 1 << 24  # bytes of a file above which its first rows are looked at before all are read
FIRST = 20_000  # rows that are looked at then
FEW = 0.95  # share of items with a row in the items file, below which there is a note


@dataclass(frozen=True)
class Resemblance:
    """Figures of the real data that a generated world is built to resemble."""

    name: str
    activity_quantiles: dict[float, int]
    popularity_gini: float


class Dataset(Component, ABC):
    """A source of interactions.

    Attributes:
        resembles: of generated data, the real data that it imitates.
    """

    resembles: Resemblance | None = None

    @abstractmethod
    def load(self, ordered_for: str | None = None) -> Interactions:
        """Read or generate the data, cleaned.

        Args:
            ordered_for: name of the split that needs each user's order, if one does: data without
                it may be refused with all else that is wrong.

        Raises:
            DataError: the data is missing or not usable; one line says why.
        """

    def items_file(self) -> Path | None:
        """The table of items, which may be missing; None where the data has none beside it."""
        return None

    def identity(self) -> str:
        """Text that is the same for sources that load the same, as far as a look can tell."""
        return f"{type(self).__qualname__} {vars(self)}"


class FileDataset(Dataset):
    """Interactions from files, cleaned once and then taken from the cache.

    A subclass sets the attributes and reads tables.

    Attributes:
        path: the file of interactions.
        cleaning: policies for incomplete, repeated and unwanted rows.
        clock: True if timestamps of different users can be compared.
        cache: folder for the prepared data; None means lrec's own.
        missing_values: cells that stand for none, see `TableFormat`.
        items_path: the file of items; None means one of `items_names` beside the interactions.
        items_names: usual names of the file of items, the best first.
        catalogue: `all` where every item with a row in the items file can be recommended.
    """

    required = ("path", "cleaning", "clock", "cache")
    path: str | None
    cleaning: Cleaning
    clock: bool
    cache: str | None
    missing_values: MissingValues = None
    items_path: str | None = None
    items_names: tuple[str, ...] = ()
    catalogue: Literal["training", "all"] = "training"

    @abstractmethod
    def read(self, path: Source) -> pd.DataFrame:
        """The file as a table: user, item and behavior as str; rating and timestamp (seconds) as
        floats; all but user and item where there are any, and NaN where a cell is empty."""

    def read_parts(self, path: Source) -> pd.DataFrame:
        """The file as `read` gives it, with those that hold other parts of a ready-made split."""
        return self.read(path)

    def read_first(self, path: Source, rows: int) -> pd.DataFrame | None:
        """The first rows of what `read` reads, or None where a file cannot be read in parts."""
        return None

    def read_items(self, path: Source, rows: int | None = None) -> ItemTable:
        """The items file.

        Args:
            rows: the first ones alone; None reads all.

        Raises:
            DataError: the data set has no items file, or it is not usable.
        """
        raise DataError(f"dataset={self.name} reads no items file. Received: {path}")

    def files(self) -> list[Path]:
        """Files to prepare the data from: the interactions and, where there is one, the items.

        Raises:
            DataError: a file is missing.
        """
        given = {"dataset.path": self.path, "dataset.items_path": self.items_file()}
        return [existing(str(path), key) for key, path in given.items() if path is not None]

    def items_file(self) -> Path | None:
        """The table of items: the one that is named, or one of a usual name."""
        if self.items_path is not None:
            return Path(self.items_path).expanduser()
        if self.path is None:
            return None
        beside = [Path(self.path).expanduser().with_name(name) for name in self.items_names]
        return next((path for path in beside if path.exists()), None)

    def prepare(self, files: Sequence[Source], ordered_for: str | None = None) -> Interactions:
        """Read and clean `files`, the interactions first.

        Args:
            ordered_for: see `load`.

        Raises:
            DataError: with all that is wrong with any of them.
        """
        problems, table, items = Problems(), None, None
        with problems.collected():
            table = self.read_parts(files[0])
            problems += self._problems(table, ordered_for)
        with problems.collected():
            items = self.read_items(files[1]) if len(files) > 1 else None
            if items is not None and table is not None and "item" in table:
                items.check_ids(table["item"])
        problems.refuse()
        assert table is not None
        data = self.cleaning(table, self.clock)
        if items is None:
            return data
        if self.catalogue == "all":
            data = with_all_items(data, items)
        features = item_features(items, data.item_ids)
        notes = (*data.notes, *items.notes)
        return replace(data, features=features, notes=notes, items_columns=items.columns)

    def _problems(self, table: pd.DataFrame, ordered_for: str | None) -> list[str]:
        problems: list[str] = [*self.cleaning.problems(table)]
        columns: UsedColumns | None = table.attrs.get("columns")
        named = columns is not None and "timestamp" in columns.chosen
        if ordered_for is not None and "timestamp" not in table and not named:
            problems.append(without_times(ordered_for, columns))
        return problems

    def check_first_rows(self, files: Sequence[Source], ordered_for: str | None = None) -> None:
        """Refuse large files by their first rows, before seconds are spent on all of them.

        Args:
            files: the interactions and, where there is one, the items.
            ordered_for: see `load`.

        Raises:
            DataError: the first rows are not usable.
        """
        if max(Path(str(file)).stat().st_size for file in files) < LARGE:
            return
        problems = Problems()
        with problems.collected():
            table = self.read_first(files[0], FIRST)
            problems += [] if table is None else self._problems(table, ordered_for)
        with problems.collected():
            if len(files) > 1:
                self.read_items(files[1], FIRST)
        if problems:
            problems[-1] += f" (Found in the first {FIRST:,} rows; the others were not read.)"
        problems.refuse()

    def identity(self) -> str:
        stamps = [(str(file), file.stat().st_mtime_ns) for file in self.files()]
        return f"{super().identity()} {stamps}"

    def settings(self) -> dict[str, Any]:
        """Settings that shape the prepared data, as the files' content does."""
        return {
            key: asdict(value) if isinstance(value, Cleaning | TableFormat) else value
            for key, value in vars(self).items()
            if key not in ("path", "cache")
        }

    def load(self, ordered_for: str | None = None) -> Interactions:
        files = self.files()
        if self.catalogue == "all" and len(files) < 2:
            raise DataError(
                "catalogue=all takes the items of a table of items, and the data has none. Name "
                "it: dataset.items_path, or leave catalogue=training."
            )
        settings = {**self.settings(), "name": self.name}
        with ThreadPoolExecutor(1) as pool:  # hashing leaves Python to others
            key = pool.submit(cache.key, files, settings)
            self.check_first_rows(files, ordered_for)
        stored = cache.folder(self.cache) / f"{key.result()}{cache_upkeep.DATA[0]}"
        data = cache.load(stored)
        if data is None:
            data = self.prepare(files, ordered_for).by_user()
            cache.store(stored, data)
            for text in data.notes:  # once; `lrec data` shows them always
                warnings.warn(text, stacklevel=2)
        cache_upkeep.limit_size(stored)
        note(data)
        return data


def with_all_items(data: Interactions, table: ItemTable) -> Interactions:
    """The interactions, and behind their items those that only the items file has.

    The digest becomes another one: other items can be recommended, or from another time on.
    """
    ids = unique(table.ids.dropna().to_numpy(np.str_))
    ids = ids[ids != ""]
    item_ids = np.concatenate([data.item_ids, ids[~is_among(ids, data.item_ids)]])
    others = [data.digest, "catalogue=all", ids.tolist()]
    if table.released is not None:  # who could have been given an item depends on it
        others.append([str(table.ids.tolist()), str(table.released.tolist())])
    digest = digest_of_values(others)
    return replace(data, item_ids=item_ids, all_items=True, digest=digest)


def note(data: Interactions) -> None:
    """Note what makes results of this data doubtful, in every command."""
    for text in notes_on_times(data):
        warnings.warn(text, stacklevel=3)
    _note_items(data.features)


def _note_items(features: ItemFeatures) -> None:
    """Note an items file that lacks many items, or that says nothing about them."""
    described = features.described
    if described is None:
        return
    if features.titles is None and features.genres is None:
        warnings.warn(
            "the items file has no column of titles or genres under a usual name: name them in "
            "dataset.titles and dataset.genres",
            stacklevel=4,
        )
    elif described.mean() < FEW:
        warnings.warn(
            f"only {described.sum():,} of {len(described):,} items have a row in the items file: "
            "the others count as items without title and genre, in diversity and calibration too",
            stacklevel=4,
        )
