"""Source -> Interactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.base.arrays import Strings
from lrec.base.config.component import Component
from lrec.base.errors import DataError
from lrec.data import cache
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.tables.reading import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Resemblance:
    """Real data that a generated world is built to resemble, as figures to hold it against."""

    name: str
    activity_quantiles: dict[float, int]
    popularity_gini: float


class Dataset(Component, ABC):
    """A source of interactions.

    Attributes:
        resembles: for generated data, the real data it imitates.
    """

    resembles: Resemblance | None = None

    @abstractmethod
    def load(self) -> Interactions:
        """Read or generate the data, cleaned.

        Raises:
            DataError: the data is not there or not usable; one line says why.
        """


class FileDataset(Dataset):
    """Interactions from files, cleaned once and then taken from the cache.

    A subclass sets `path`, `cleaning`, `clock` and `cache`, and reads.

    Attributes:
        beside: names under which a table of the items may lie beside the file, best first.
    """

    path: str | None
    cleaning: Cleaning
    clock: bool
    cache: str | None
    items_path: str | None = None
    beside: tuple[str, ...] = ()

    @abstractmethod
    def read(self, path: Source) -> pd.DataFrame:
        """The file as a table: user, item and behavior as str; rating and timestamp (seconds) as
        floats; all but user and item where there are any, and NaN where a cell is empty."""

    def read_features(self, path: Source, item_ids: Strings) -> ItemFeatures:
        """Features of `item_ids` from the items file."""
        raise DataError(f"dataset={self.name} reads no items file. Received: {path}")

    def files(self) -> list[Path]:
        """What the data is prepared from: the interactions and, where there is one, the items."""
        given = {"dataset.path": self.path, "dataset.items_path": self.items_path}
        files = [_existing(path, name) for name, path in given.items() if path is not None]
        if self.items_path is None:
            around = [files[0].with_name(name) for name in self.beside]
            files += [path for path in around if path.exists()][:1]
        return files

    def prepare(self, files: Sequence[Source]) -> Interactions:
        """Read and clean `files`, the interactions first."""
        data = self.cleaning(self.read(files[0]), self.clock)
        if len(files) > 1:
            data = replace(data, features=self.read_features(files[1], data.item_ids))
        return data

    def settings(self) -> dict[str, Any]:
        """What, beside the files' content, shapes the prepared data."""
        return {key: value for key, value in vars(self).items() if key not in ("path", "cache")}

    def load(self) -> Interactions:
        files = self.files()
        settings = {**self.settings(), "cleaning": asdict(self.cleaning), "name": self.name}
        stored = cache.folder(self.cache) / f"{cache.key(files, settings)}.npz"
        data = cache.load(stored)
        if data is None:
            data = self.prepare(files)
            cache.store(stored, data)
        return data


def _existing(path: str, name: str) -> Path:
    found = Path(path).expanduser()
    if not found.exists():
        raise DataError(f"{name} does not exist. Received: {path}")
    if found.is_dir():
        raise DataError(f"{name} is a folder, and a file is needed. Received: {path}")
    return found
