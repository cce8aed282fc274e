"""Files and columns of ready-made splits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.errors import DataError, listed
from lrec.data.ready_made.item_lists import LISTED
from lrec.data.ready_made.parts import PARTS, TRAIN, WORDS

if TYPE_CHECKING:
    import pandas as pd


def counterpart(path: Path, part: str) -> Path | None:
    """The file of another part, beside that of the training part, by usual names; None without.

    Args:
        path: of the training part; its name holds `train`.
    """
    start, found, end = path.name.rpartition(TRAIN)
    names = [f"{start}{word}{end}" for word in WORDS[part] if found]
    return next((file for name in names if (file := path.with_name(name)).exists()), None)


def part_codes(column: pd.Series, name: str) -> Ints:
    """The code of each row's part, `(n,)` int8.

    Raises:
        DataError: a cell is no usual word for a part.
    """
    import pandas as pd

    code = {word: PARTS.index(part) for part, words in WORDS.items() for word in words}
    cells = column.astype("str").str.strip().str.lower()
    codes = pd.Series(cells.map(code), dtype="float64")
    unknown = codes.isna().to_numpy()
    if unknown.any():
        found = listed(column[unknown].astype("str").drop_duplicates()[:5])
        raise DataError(
            f"{unknown.sum():,} values in column {name} name no part of a split: train, validation "
            f"(valid, val, dev) or test. Received: {found}"
        )
    return codes.to_numpy().astype(np.int8)


def joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The tables of a split's parts below each other, with the column `part`.

    Items of lists are history, and so training, unless a row asks for them.

    Args:
        tables: of each part, the training part first, see `TableFormat.read`.

    Raises:
        DataError: the other parts lack a column of the training part, or have one more.
    """
    import pandas as pd

    first = tables[TRAIN]
    columns = set(first.columns)
    notes, problems = [], []
    for part, table in tables.items():
        notes += table.attrs["notes"]
        problems += table.attrs["problems"]
        if not problems and (other := columns ^ set(table.columns)):
            problems.append(
                f"the files of {TRAIN} and {part} have different columns, only one has "
                f"{listed(sorted(other))}: name those of both, or leave them out by null, such as "
                "dataset.rating=null."
            )
    if problems:
        table = first.copy()
        table.attrs |= {"notes": notes, "problems": problems}
        return table
    parts = []
    for part, table in tables.items():
        code = np.full(len(table), PARTS.index(part), np.int8)
        if LISTED in table:
            code[table[LISTED].to_numpy(bool)] = 0
        parts.append(code)
    table = pd.DataFrame(
        {str(name): _stacked([table[name] for table in tables.values()]) for name in first.columns}
    )
    table["part"] = np.concatenate(parts)
    table.attrs.update(notes=notes, problems=[], columns=first.attrs["columns"])
    return table


def _stacked(columns: list[pd.Series]) -> pd.Series:
    """Columns below each other; ids as sorted categories, as `names` makes them."""
    import pandas as pd

    if not isinstance(columns[0].dtype, pd.CategoricalDtype):
        return pd.concat(columns, ignore_index=True)
    united = pd.api.types.union_categoricals(columns, sort_categories=True, ignore_order=True)
    return pd.Series(united.as_ordered())
