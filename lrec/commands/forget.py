"""`lrec forget`: remove people from what lrec keeps, and name what it cannot remove them from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lrec.base.arrays import Strings
from lrec.base.errors import ConfigError, DataError, one_line
from lrec.base.files import write_table
from lrec.base.table_files import read_parquet
from lrec.commands.composing import Invocation, key_of
from lrec.commands.next_commands import origin_of, without
from lrec.commands.train.pseudonyms import pseudonyms
from lrec.data import cache
from lrec.data.cache_upkeep import prepared_with, splits_without_data
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking.user_tables import ChangedTable, change_user_tables

# Tables of runs with a row a user, or more; and those of the Python API: data frames, their lists.
USERS, FEEDBACK = "users.parquet", "interactions.parquet"
FRAMES = tuple(f"frames/{name}.parquet" for name in ("*/frame", "lists-*", "ratings-*"))
COLUMNS = ("user", "user_id")
MOST = 3  # commands that are shown, but for those that a last one needs before it
OUT_OF_REACH = (
    "the files that the data was read from (dataset.path, feedback=…, downloads): with the person "
    "in them, the next command brings the person back",
    "metrics, comparisons and figures: they are means over many people",
    "lists and splits that were written (lrec recommend to=…, lrec split), shell histories, logs "
    "and overrides that name the person, backups, other machines",
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
        DataError: a table is damaged. The others are gone through, and the cache stays for the
            next call.
        RuntimeError: MLflow does not respond.
    """
    screen = Screen()
    show_warnings(screen)
    prepared = dict(prepared_with(cache.folder(settings.cache), settings.ids))
    splits = splits_without_data(cache.folder(settings.cache), prepared)
    digests = sorted(set(prepared.values()) - {""})
    names = {*settings.ids.tolist()}.union(*(pseudonyms(settings.ids, key) for key in digests))

    faults: list[str] = []
    local: list[tuple[Path, int]] = []
    for path in tables_below(Path(settings.folder).expanduser()):
        try:
            local.append((path, remove_rows(path, names)))
        except DataError as error:
            faults.append(str(error))
    kept = list(change_user_tables(USERS, lambda path: remove_rows(path, names)))
    faults += [f"run {table.run}: {table.fault}" for table in kept if table.fault is not None]
    # last: a call that was interrupted, or met a fault, needs their digests once more
    for path in () if faults else (*splits, *prepared):
        path.unlink(missing_ok=True)

    rest = f", {len(splits)} splits" if splits else ""
    if not faults:
        screen.note(f"cache: {len(prepared)} prepared data sets{rest} removed")
    kinds = ((USERS,), "user tables"), ((FEEDBACK,), "stored feedback"), (FRAMES, "data frames")
    for patterns, what in kinds:
        counts = [n for path, n in local if n and any(map(path.match, patterns))]
        screen.note(f"{what} in {settings.folder}: {sum(counts):,} rows of {len(counts)} files")
    counts = [table.removed for table in kept if table.removed]
    screen.note(f"user tables in MLflow: {sum(counts):,} rows of {len(counts)} runs")
    if not (prepared or counts or any(count for _, count in local)):
        screen.note("nothing was found: is the id as the data has it?")
    on_data = [table for table in kept if table.digest]
    held = [table for table in on_data if any_starts(digests, table.digest)]
    unknown = len(on_data) - len(held)
    screen.note("out of reach:")
    screen.note(
        "- weights of models that were trained on the person's data, and the person's history in "
        "those that contain histories (sknn), which is to be trained again "
        f"without: {', '.join(t.run for t in held) or 'no run is known'}"
    )
    if unknown:
        screen.note(
            f"- pseudonyms in {unknown} runs on other data: where that holds the person too, "
            "prepare it (lrec data) and forget once more"
        )
    for what in OUT_OF_REACH:
        screen.note(f"- {what}")
    again, more = retraining(held)
    screen.commands("next, once the person is out of the tables of interactions", *again)
    if more:
        screen.note(f"{more} more runs are older, of other seeds or behind these: see above")
    if faults:
        screen.note("the cache is kept until every table was gone through: forget once more then")
        raise DataError(*faults)


def retraining(held: Sequence[ChangedTable]) -> tuple[list[list[str]], int]:
    """Commands that train without a person what matters: the newest of each model and data.

    Args:
        held: runs on data that held the person.

    Returns:
        The commands in the order in which they can be run, and the number of runs that they leave
        out.
    """
    by_id = {table.run: table for table in held if table.tags.get("lrec.command") == "train"}
    commands: list[list[str]] = []
    done: set[tuple[str, str]] = set()
    for table in sorted(by_id.values(), key=lambda table: -table.started):
        scratch = table.tags.get("lrec.for") == "update" and "lrec.updates" not in table.tags
        if (table.model, table.digest) in done or scratch:
            continue
        chain = chain_of(table, by_id)
        lines = [retraining_command(one, by_id) for one in chain]
        if commands and len(commands) + len(lines) > MOST:
            continue
        done |= {(one.model, one.digest) for one in chain}
        commands += [line for line in lines if line is not None] if None not in lines else []
    return commands, len(by_id) - len(commands)


def chain_of(table: ChangedTable, by_id: Mapping[str, ChangedTable]) -> list[ChangedTable]:
    """A run and those that it went on from, the first of them first."""
    chain = [table]
    while (before := by_id.get(chain[0].tags.get("lrec.updates", ""))) is not None:
        chain.insert(0, before)
    return chain


def retraining_command(table: ChangedTable, by_id: Mapping[str, ChangedTable]) -> list[str] | None:
    """The command of a run, for data that has changed; None where it is not known.

    An update goes on from the newest run of its model, which is trained again before it: the one
    that it had gone on from has other data now, and would be refused.
    """
    origin = origin_of(table.tags)
    if origin is None:
        return None
    words = without(origin)
    if table.tags.get("lrec.updates") in by_id:
        return [f"run={table.model}" if key_of(word) == "run" else word for word in words]
    return words


def tables_below(folder: Path) -> Iterable[Path]:
    """The tables of people in the folders of runs."""
    names = (USERS, FEEDBACK, *FRAMES)
    return sorted(path for name in names for path in folder.rglob(name))


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
