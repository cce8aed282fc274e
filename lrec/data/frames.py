"""Interactions from data frames and back, by way of the tables that are read from files."""

from __future__ import annotations

import hashlib
import inspect
import re
import tempfile
import typing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arguments import check_frame
from lrec.base.config.quotes import in_quotes
from lrec.base.config.schema import check_keys, check_type
from lrec.base.errors import ConfigError, DataError
from lrec.base.files import write_table
from lrec.data.interactions import Interactions
from lrec.data.ready_made.parts import PARTS

if TYPE_CHECKING:
    import pandas as pd

TABLE, ITEMS = "frame.parquet", "items.parquet"
# Arguments of a file's data set that say where it lies and how its text is written.
OF_FILES = (
    *("path", "items_path", "validation_path", "test_path", "cache"),
    *("separator", "header", "quoted", "encoding"),
)
HERE = "Interactions.from_frame"


def interactions_of(
    frame: pd.DataFrame, items: pd.DataFrame | None, options: Mapping[str, Any]
) -> Interactions:
    """Read a data frame as `dataset=csv` reads a file of it: columns, cleaning and errors.

    Args:
        frame: a row for each interaction.
        items: a row for each item, or None.
        options: arguments of `lrec.data.dataset.csv.CSV`, beside those of files.

    Raises:
        ConfigError: a frame is none, or an option does not fit.
        DataError: the frame is not usable; one line says why.
    """
    from lrec.data.dataset.csv import CSV

    check_frame(frame, "frame")
    if items is not None:
        check_frame(items, "items")
    options = checked_options(CSV, options)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / TABLE]
        write_frame(frame, paths[0])
        if items is not None:
            paths.append(Path(folder) / ITEMS)
            write_frame(items, paths[1])
        try:
            source = CSV(str(paths[0]), **options)
        except ValueError as error:  # out of range
            raise ConfigError(f"{error} [{HERE}]") from None
        try:
            data = source.prepare(paths).by_user()
        except DataError as error:
            named = (text.replace(f"{folder}/", "") for text in error.problems)
            named = (text.replace(TABLE, "the frame") for text in named)
            key = re.compile(rf"\bdataset\.(?=(?:{'|'.join(options_of(CSV))})\b)")
            raise DataError(*(key.sub("", text) for text in named)) from None
    if items is None:
        return data
    assert data.items_columns is not None
    return replace(data, items_table=_with_item(items, data.items_columns.chosen["item"]))


def checked_options(source: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that fit a class's signature, as the command line checks them, but for frames.

    Raises:
        ConfigError: an option is not known, or of another type.
    """
    hints = typing.get_type_hints(source.__init__)  # type: ignore[misc]
    plain = {name: v.item() if isinstance(v, np.generic) else v for name, v in options.items()}
    check_keys(plain, [*options_of(source), "items"], set(), "", HERE)
    for name, value in plain.items():
        check_type(value, hints[name], name, HERE)
    return plain


def options_of(source: type) -> list[str]:
    """The arguments of a class that are of frames too."""
    return [name for name in inspect.signature(source).parameters if name not in OF_FILES]


def write_interactions(data: Interactions, folder: Path) -> list[str]:
    """Write interactions as a table that `dataset=csv` reads to the same interactions.

    Returns:
        The overrides that read it.

    Raises:
        DataError: they have weights of behaviours, which a plain table does not hold.
    """
    if data.weight is not None or data.known is not None or not data.is_target.all():
        raise DataError(
            "interactions with behaviours of different weights are trained on from their file: "
            "dataset=csv dataset.path=… dataset.behaviors=…"
        )
    folder.mkdir(parents=True, exist_ok=True)
    path, items = folder / TABLE, folder / ITEMS
    frame = frame_of(data)
    order = slice(None) if data.position is None else np.argsort(data.position)
    write_frame(frame.iloc[order], path)
    words = ["dataset=csv", f"dataset.path={path}", "dataset.user=user", "dataset.item=item"]
    for role in ("rating", "timestamp"):
        words.append(f"dataset.{role}={role if role in frame else 'null'}")
    words += [] if data.part is None else ["dataset.part=part"]
    words += ["dataset.duplicates=" + ("last" if data.unique_pairs else "keep")]
    words += [] if data.clock else ["dataset.clock=false"]
    if data.items_table is not None:
        assert data.items_columns is not None
        write_frame(data.items_table, items)
        words.append(f"dataset.items_path={items}")
        for role in ("titles", "genres", "released"):
            column = data.items_columns.chosen.get(role)
            words.append(f"dataset.{role}={'null' if column is None else in_quotes(column)}")
    return words


def table_digest(data: Interactions) -> str:
    """Hex digest of all that `write_interactions` writes: of the items too, unlike the data's."""
    digest = hashlib.sha256(data.digest.encode())
    if data.items_table is not None:
        digest.update(data.items_table.to_csv().encode())
    return digest.hexdigest()


def frame_of(data: Interactions) -> pd.DataFrame:
    """A row for each interaction: its original ids, and rating, time and part as there are any."""
    import pandas as pd

    columns: dict[str, Any] = {"user": data.user_ids[data.user], "item": data.item_ids[data.item]}
    if data.rating is not None:
        columns["rating"] = data.rating
    if data.timestamp is not None:
        columns["timestamp"] = data.timestamp
    if data.part is not None:
        columns["part"] = np.array(PARTS)[data.part]
    return pd.DataFrame(columns)


def _with_item(items: pd.DataFrame, column: str) -> pd.DataFrame:
    """A table of items whose column of ids is called as that of the interactions is written."""
    table = items.set_axis([str(name) for name in items], axis=1)
    others = [name for name in table if name == "item" != column]
    return table.drop(columns=others).rename(columns={column: "item"})


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, its columns by their names as text.

    Raises:
        DataError: a column holds what no table can.
    """
    import pandas as pd

    table = frame.set_axis([str(name) for name in frame], axis=1)
    for name, kind in table.dtypes.items():
        if isinstance(kind, pd.PeriodDtype):  # of which a file would keep the ordinals
            table[name] = table[name].dt.to_timestamp()
    try:
        write_table(path, table)
    except Exception as error:  # of pyarrow, of many kinds
        why = " ".join(str(error).split())[:200]
        raise DataError(f"the frame cannot be written as a table: {why}") from None
