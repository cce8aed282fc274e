"""`lrec forget`: remove people from what lrec keeps, and name what it cannot remove them from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lrec.base.arrays import Strings
from lrec.base.errors import ConfigError, DataError, one_line
from lrec.base.files import write_table
from lrec.base.table_files import read_parquet
from lrec.commands.composing import Invocation
from lrec.commands.next_commands import without
from lrec.commands.train.pseudonyms import pseudonyms
from lrec.data import cache
from lrec.data.cache_upkeep import prepared_with
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import tags_of
from lrec.tracking.user_tables import change_user_tables

# Tables of runs with a row a user, or more.
USERS, FEEDBACK = "users.parquet", "interactions.parquet"
COLUMNS = ("user", "user_id")
OUT_OF_REACH = (
    "the files that the data was read from (dataset.path, feedback=…, downloads): with the person "
    "in them, the next command brings the person back",
    "metrics, comparisons and figures: they are means over many people",
    "lists that were written elsewhere (lrec recommend to=…), shell histories, logs and overrides "
    "that name the person, backups, other machines",
)


@dataclass(frozen=True)
class ForgetSettings:
    """The root of `conf/forget.yaml`.

    Attributes:
        user: id of a person, or a list of ids.
        folder: searched for the folders of runs, with all folders in it.
        cache: folder of prepared data, or None for lrec's own.
    """

    user: list[Any] | str | int
    folder: str
    cache: str | None

    file: ClassVar[str] = "conf/forget.yaml"

    def __post_init__(self) -> None:
        if not self.ids.size or "" in self.ids:
            raise ConfigError(f"user must be an id, or a list of ids. Received: {self.user}")

    @property
    def ids(self) -> Strings:
        """The ids as the data has them."""
        given = self.user if isinstance(self.user, list) else [self.user]
        return np.array([str(name) for name in given], dtype=np.str_)


def run(settings: ForgetSettings, invocation: Invocation) -> None:
    """Remove the people, and say from where; name what is out of reach.

    Raises:
        RuntimeError: MLflow does not respond.
    """
    screen = Screen()
    show_warnings(screen)
    prepared = dict(prepared_with(cache.folder(settings.cache), settings.ids))
    digests = sorted(set(prepared.values()) - {""})
    names = {*settings.ids.tolist()}.union(*(pseudonyms(settings.ids, key) for key in digests))

    local = [(path, remove_rows(path, names)) for path in tables_below(Path(settings.folder))]
    kept = list(change_user_tables(USERS, lambda path: remove_rows(path, names)))
    for path in prepared:  # last: a call that was interrupted needs their digests once more
        path.unlink(missing_ok=True)

    screen.note(f"cache: {len(prepared)} prepared data sets removed")
    for name, what in ((USERS, "user tables"), (FEEDBACK, "stored feedback")):
        counts = [count for path, count in local if path.name == name and count]
        screen.note(f"{what} in {settings.folder}: {sum(counts):,} rows of {len(counts)} files")
    counts = [count for _, _, count in kept if count]
    screen.note(f"user tables in MLflow: {sum(counts):,} rows of {len(counts)} runs")
    if not (prepared or counts or any(count for _, count in local)):
        screen.note("nothing was found: is the id as the data has it?")
    trained = [run for run, digest, _ in kept if digest and any_starts(digests, digest)]
    unknown = sum(1 for _, digest, _ in kept if digest and not any_starts(digests, digest))
    screen.note("out of reach:")
    screen.note(
        "- weights of models that were trained on the person's data, which is to be trained again "
        f"without: {', '.join(trained) or 'no run is known'}"
    )
    if unknown:
        screen.note(
            f"- pseudonyms in {unknown} runs on other data: where that holds the person too, "
            "prepare it (lrec data) and forget once more"
        )
    for what in OUT_OF_REACH:
        screen.note(f"- {what}")
    tags = (tags_of(run) for run in trained)
    overrides = {t.get("lrec.overrides", "") for t in tags if t.get("lrec.command") == "train"}
    again = [["lrec", "train", *without(shlex.split(each))] for each in sorted(overrides)]
    screen.commands("next, once the person is out of the table of interactions", *again)


def tables_below(folder: Path) -> Iterable[Path]:
    """The tables of people in the folders of runs."""
    return sorted(path for name in (USERS, FEEDBACK) for path in folder.rglob(name))


def remove_rows(path: Path, names: set[str]) -> int:
    """Remove people from a table; return the number of rows that were theirs.

    Raises:
        DataError: the table is damaged; it stays as it is.
    """
    import pandas as pd

    try:
        table = read_parquet(path)
    except Exception as error:
        raise DataError(
            f"{path} cannot be read: {one_line(error)}. Delete it, or train that run again."
        ) from None
    column = next((column for column in COLUMNS if column in table), None)
    theirs = table[column].astype(str).isin(names) if column else pd.Series(False, table.index)
    if theirs.any():
        write_table(path, table[~theirs])
    return int(theirs.sum())


def any_starts(digests: Iterable[str], beginning: str) -> bool:
    """True if a digest begins with what MLflow keeps of it."""
    return any(digest.startswith(beginning) for digest in digests)
