"""Lists of categories, such as genres, as tables write them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Sparse
from lrec.data.genre_matrix import flags_of

if TYPE_CHECKING:
    import pandas as pd

# The first that occurs in a column separates its names.
SEPARATORS = ("|", ";", ",")
# Words for no category, in lower case.
NOTHING = ("", "nan", "none", "null", r"\n")


def category_flags(cells: pd.Series) -> tuple[Sparse, tuple[str, ...]]:
    """The categories of each cell, and their names in alphabetical order.

    A cell is a list (in Parquet), a list written out (`['A', 'B']`, `["A", "B"]`, of dictionaries
    their `name`), or names between `|`, `;` or `,`.

    Returns:
        `(len(cells), n_names)` float32, sparse, 1 where the cell lists the category; and the names.
    """
    import pandas as pd

    lists = [_listed(cell) for cell in cells]
    texts = [cell for cell in lists if isinstance(cell, str)]
    separator = next((s for s in SEPARATORS if any(s in text for text in texts)), SEPARATORS[0])
    named = pd.Series(
        [cell.split(separator) if isinstance(cell, str) else cell for cell in lists], dtype=object
    )
    names = named.explode().dropna().str.strip()
    names = names[~names.str.lower().isin(NOTHING) & ~names.str.startswith("(no ")]
    code, categories = pd.factorize(names, sort=True)
    row = names.index.to_numpy()
    return flags_of(row, code, (len(cells), len(categories))), tuple(categories)


def _listed(cell: Any) -> str | list[str]:
    """A cell that is a list as its names, another one as its text."""
    if isinstance(cell, list | tuple | np.ndarray):
        return list(_flat(cell))
    text = str(cell).strip()
    if not (text.startswith("[") and text.endswith("]")):
        return text
    try:
        return list(_flat(ast.literal_eval(text)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return [name.strip().strip("'\"") for name in text[1:-1].split(",")]


def _flat(values: Iterable[Any]) -> Iterable[str]:
    """The names of a list, and of the lists in it."""
    for value in values:
        if isinstance(value, list | tuple | np.ndarray):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield str(value.get("name", ""))
        else:
            yield str(value)
