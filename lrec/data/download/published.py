"""Published data sets, by name."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lrec.base.errors import DataError
from lrec.data import cache
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset import FileDataset
from lrec.data.interactions import Interactions
from lrec.data.tables.missing_values import check_missing_values
from lrec.data.tables.opening import Source


class Remote(NamedTuple):
    """A published file: its address, and the SHA-256 of its bytes in hex."""

    address: str
    sha256: str


class Published(FileDataset):
    """A data set that is downloaded once, from its official address, and checked.

    A subclass names the files, and inherits their format from another data set:
    `class MovieLens1M(Published, MovieLens)`.

    Attributes:
        remote: the files: an archive, or the interactions and, where they are kept apart, the
            items.
        members: of an archive, the interactions and, where there are any, the items. They are read
            where they are; nothing is unpacked.

    Args:
        path: a file at hand instead of the download: the same file, or the interactions out of it.
        mirror: base address to fetch from instead of the official one: https, http or file.
        download: folder that keeps downloads; null means `downloads` in the cache folder.
        verify: refuse a download that has not the pinned checksum; else it is taken with a warning.
        duplicates, missing, missing_rating, missing_timestamp, min_rating, k_core: see `Cleaning`.
        missing_values: what stands for an empty cell: a list for ratings, or lists by role.
        cache: folder for the prepared data; null means lrec's own.

    Raises:
        ValueError: `mirror` is no address, or `missing_values` has an unknown role.
    """

    remote: tuple[Remote, ...]
    members: tuple[str, ...] = ()

    def __init__(
        self,
        path: str | None = None,
        *,
        mirror: str | None = None,
        download: str | None = None,
        verify: bool = True,
        duplicates: Literal["last", "first", "keep"] = "last",
        missing: Literal["error", "drop"] = "error",
        missing_rating: Literal["error", "drop", "mean", "median", "keep"] | None = None,
        missing_timestamp: Literal["error", "drop"] | None = None,
        missing_values: list[str | int | float] | dict[str, list[str | int | float]] | None = None,
        min_rating: float | None = None,
        k_core: int = 0,
        cache: str | None = None,
    ) -> None:
        if mirror is not None and not re.match(r"(https?|file)://", mirror):
            raise ValueError(
                "mirror must be an address that begins with https://, http:// or file://. "
                f"Received: {mirror!r}"
            )
        self.path = path
        self.mirror = mirror
        self.download = download
        self.verify = verify
        self.cleaning = Cleaning(
            duplicates=duplicates,
            missing=missing,
            missing_rating=missing_rating,
            missing_timestamp=missing_timestamp,
            min_rating=min_rating,
            k_core=k_core,
        )
        check_missing_values(missing_values)
        self.missing_values = missing_values
        self.cache = cache

    def files(self) -> list[Path]:
        if self.path is not None:
            return super().files()
        from lrec.data.download.fetch import fetch  # only now: it brings http and ssl

        downloads = cache.folder(self.cache) / "downloads"
        folder = Path(self.download).expanduser() if self.download else downloads
        folder /= self.name
        return [fetch(*remote, folder, self.mirror, self.verify) for remote in self.remote]

    def prepare(self, files: Sequence[Source], ordered_for: str | None = None) -> Interactions:
        file = files[0]
        if not (self.members and isinstance(file, Path) and zipfile.is_zipfile(file)):
            return super().prepare(files, ordered_for)
        try:
            with zipfile.ZipFile(file) as archive:
                members = [zipfile.Path(archive, name) for name in self.members]
                for member in members:
                    if not member.is_file():
                        raise DataError(f"{file} has no {member.at} in it: it is another archive.")
                return super().prepare(members, ordered_for)
        except zipfile.BadZipFile as error:
            raise DataError(f"{file} is damaged: {error}") from None

    def check_first_rows(self, files: Sequence[Source], ordered_for: str | None = None) -> None:
        """Nothing to look at in a download, whose bytes are known, and in an archive."""
        if self.path is not None and not zipfile.is_zipfile(str(files[0])):
            super().check_first_rows(files, ordered_for)

    def settings(self) -> dict[str, Any]:
        source = ("mirror", "download", "verify")
        return {key: value for key, value in super().settings().items() if key not in source}
