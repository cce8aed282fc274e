"""A table of users: the value that each has in one column."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints, Strings
from lrec.base.errors import DataError, listed
from lrec.base.missing_files import existing
from lrec.data.tables.columns import NOTHING, USERS, find_column, names, parsed_numbers
from lrec.data.tables.reading import read_table

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("group", "segment", "bucket", "cluster", "cohort")  # usual names of a column of groups
LONGEST = 24  # letters of a value in a group's name


@dataclass(frozen=True)
class UserAttribute:
    """One column of a table of users.

    Attributes:
        file: name of the table.
        column: name of the column.
        ids: `(n,)` of users, each once.
        index: `(n,)` int64 into `values`, -1 where a cell is empty.
        values: the different values as text, sorted.
        numbers: the values as numbers, `(len(values),)`; None where not all are.
    """

    file: str
    column: str
    ids: Strings
    index: Ints
    values: list[str]
    numbers: Floats | None

    @property
    def counts(self) -> Ints:
        """Users with each value, `(len(values),)` int64."""
        return np.bincount(self.index[self.index >= 0], minlength=len(self.values))


def read_attribute(path: str, user: str, column: str, key: str) -> UserAttribute:
    """Read a column of a table of users.

    Args:
        user: column of the ids, or `auto`.
        column: name of the column, or `auto` for the only one beside the ids.
        key: of the config, for messages.

    Raises:
        DataError: there is no such file or column, a user has two values, or nobody has one.
    """
    file = existing(path, f"{key}.path")
    frame = read_table(file)
    for note in frame.attrs["notes"]:
        warnings.warn(note, stacklevel=2)
    id_column = find_column(frame, user, USERS, f"{key}.user")
    if id_column is None:
        raise DataError(
            f"{file} has no column of users with a usual name: name it with {key}.user. "
            f"Its columns: {listed(frame.columns)}."
        )
    value_column = _value_column(frame, id_column, column, key)
    ids, cells = names(frame[id_column], id_column), names(frame[value_column], value_column)
    table = frame.assign(id=ids.astype(object), cell=cells.astype(object))
    table = table.loc[ids.notna(), ["id", "cell"]].drop_duplicates()
    repeated = table.loc[table["id"].duplicated(), "id"]
    if len(repeated):
        raise DataError(
            f"{file} has several values of {value_column} for {len(repeated):,} users, such as "
            f"{listed(repeated.iloc[:1])}: leave one row for each user."
        )
    values = sorted(table["cell"].dropna().unique())
    numeric = _numbers(values)
    if numeric is not None:  # words for an empty cell are none among numbers
        values = [value for value in values if value.lower() not in NOTHING]
    if not values:
        raise DataError(f"{file} has no value of {value_column} for any user.")
    codes = {value: code for code, value in enumerate(values)}
    return UserAttribute(
        file=file.name,
        column=value_column,
        ids=np.array(table["id"].tolist(), np.str_),
        index=table["cell"].map(codes).fillna(-1).to_numpy(np.int64),
        values=values,
        numbers=numeric,
    )


def _value_column(frame: pd.DataFrame, user: str, column: str, key: str) -> str:
    """The column of values: the named one, the one of a usual name, or the only other."""
    found = find_column(frame, column, GROUPS, f"{key}.column")
    others = [name for name in frame.columns if name != user]
    if found is None and len(others) == 1:
        return str(others[0])
    if found is None:
        raise DataError(f"{key}.column has to name one of the columns: {listed(others)}.")
    return found


def _numbers(values: list[str]) -> Floats | None:
    """The values as numbers, without words for an empty cell; None if there are other words."""
    import pandas as pd

    given = [value for value in values if value.lower() not in NOTHING]
    parsed = parsed_numbers(pd.Series(given, dtype=object)).to_numpy(float)
    return parsed if len(parsed) and not np.isnan(parsed).any() else None


def group_name(value: str) -> str:
    """A value as a part of a metric's name; empty where it has no letter or digit of ASCII.

    >>> group_name("Côte d'Ivoire"), group_name("18-24"), group_name("日本")
    ('cote-d-ivoire', '18-24', '')
    """
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST].strip("-")


def number_name(value: float) -> str:
    """A number as a part of a metric's name: 2.5 is 2p5."""
    return f"{value:g}".replace("-", "m").replace(".", "p").replace("+", "")


def natural_order(found: Iterable[str]) -> list[str]:
    """Names sorted as people sort them: a10 after a9."""
    return sorted(found, key=lambda name: [_rank(part) for part in re.split(r"(\d+)", name)])


def _rank(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdigit() else (-1, part)
