"""Feedback: new interactions joined to the old ones, as a data set of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.errors import DataError
from lrec.base.files import write_table
from lrec.base.missing_files import existing
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset import Dataset
from lrec.data.dataset.csv import CSV
from lrec.data.genre_matrix import lists_of
from lrec.data.interactions import Interactions

if TYPE_CHECKING:
    import pandas as pd


# Behind what advises to change settings: those of the run's data stay.
AS_BEFORE = (
    "(This is the feedback, which is read by the settings of the run's data, that lrec update "
    "cannot change: where they do not fit, change the file.)"
)


def join(dataset: Dataset, data: Interactions, feedback: str, folder: Path) -> dict[str, Any]:
    """Write old and new interactions to one table.

    Args:
        dataset: source of the old ones; its cleaning is used again, and a `csv`'s columns.
        feedback: path of the new ones.
        folder: where tables are written.

    Returns:
        The config of a data set that reads them.

    Raises:
        DataError: the new ones cannot be read, or lack what the old ones have.
    """
    import pandas as pd

    path = existing(feedback, "feedback")
    cleaning = getattr(dataset, "cleaning", Cleaning())
    if data.part is not None:
        raise DataError(
            "the run's data comes with its own split, which says nothing of new interactions: "
            "train anew on all of them, with another split."
        )
    if cleaning.duplicates == "sum":
        raise DataError(
            "the run's data has dataset.duplicates=sum, and sums cannot be taken apart to add to: "
            "train anew on a table of old and new interactions."
        )
    source = dataset if type(dataset) is CSV else CSV(str(path))
    try:
        source.check_first_rows([path])
        new = source.read(path)
        cleaning.problems(new).refuse()
    except DataError as error:
        raise DataError(*error.problems[:-1], f"{error.problems[-1]} {AS_BEFORE}") from None
    old = _table(data)
    if getattr(dataset, "order", None) == "file":  # new rows follow the old ones
        new["timestamp"] += old["timestamp"].max() + 1
    wanted = [str(name) for name in old if name != "known"]
    missing = [name for name in wanted if name not in new]
    if missing:
        raise DataError(
            f"{feedback} has no {' and no '.join(missing)}, and the run's data has. Its columns: "
            f"{new.attrs['columns']}."
        )
    names = {"user": "user_id", "item": "item_id"}
    both = pd.concat([old, new[wanted]], ignore_index=True).rename(columns=names)
    joined, items = folder / "interactions.parquet", folder / "items.parquet"
    write_table(joined, both)
    node: dict[str, Any] = {
        "_target_": "lrec.data.dataset.csv.CSV",
        "path": str(joined.absolute()),
        "clock": data.clock,
        **vars(cleaning),
        **_behaviors(cleaning, both),
        **({"known": "known"} if data.known is not None else {}),
    }
    if data.features.titles is not None or data.features.genres is not None:
        write_table(items, _items(data))
        node["items_path"] = str(items.absolute())
    return node


def _behaviors(cleaning: Cleaning, both: pd.DataFrame) -> dict[str, Any]:
    """The cleaning's behaviours and targets, without those that the joined table has no row of.

    The old rows are cleaned already: none is left of a behaviour that weighs 0, and to the loader
    a name that the data does not have is a slip. The run's data had them all.
    """
    if "behavior" not in both:
        return {}
    present = set(both["behavior"])
    weights, targets = cleaning.behaviors, cleaning.targets
    return {
        "behaviors": weights and {name: w for name, w in weights.items() if name in present},
        "targets": targets and [name for name in targets if name in present],
    }


def _table(data: Interactions) -> pd.DataFrame:
    """Interactions by their original ids, in file order."""
    import pandas as pd

    data = data.in_file_order()
    columns: dict[str, Any] = {
        "user": data.user_ids[data.user],
        "item": data.item_ids[data.item],
        "rating": data.rating,
        "timestamp": data.timestamp,
        "behavior": None,
        "known": None,
    }
    if data.known is not None:
        columns["known"] = np.where(data.known < 0, np.nan, data.known)
    if data.behavior is not None:
        columns["behavior"] = np.array([kind.name for kind in data.behaviors])[data.behavior]
    return pd.DataFrame({name: array for name, array in columns.items() if array is not None})


def _items(data: Interactions) -> pd.DataFrame:
    """Titles and genres, as far as there are any."""
    import pandas as pd

    table = pd.DataFrame({"item_id": data.item_ids})
    if data.features.titles is not None:
        table["title"] = data.features.titles
    if data.features.genres is not None:
        table["genres"] = lists_of(data.features.genres, data.features.genre_names)
    described = data.features.described
    return table if described is None else table[described]
