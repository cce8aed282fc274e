"""Users' validation values of a trial's objectives, at its best weights: small enough to keep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lrec.base.arrays import Floats
from lrec.base.files import write_table
from lrec.base.table_files import read_parquet
from lrec.commands.tune.objectives import Objective
from lrec.evaluation.user_table import bucket_columns, rows_of
from lrec.tracking import fetch

if TYPE_CHECKING:
    import pandas as pd

FILE = "validation.parquet"  # in a trial's folder, and an artifact of its run


def write(folder: Path, users: pd.DataFrame, objectives: Sequence[Objective]) -> None:
    """Keep buckets and the objectives' columns of a user table, in its order and without ids.

    Nothing is kept where no objective is a mean over users.
    """
    columns = [one.column for one in objectives if one.column in users]
    if columns:
        buckets = bucket_columns(users)
        kept = users[[*buckets, *dict.fromkeys(columns)]]
        types = dict.fromkeys(buckets, "category") | dict.fromkeys(columns, "float32")
        write_table(folder / FILE, kept.astype(types))


def read(folder: Path | None, run: str) -> pd.DataFrame | None:
    """The table of a trial from its folder, or else from MLflow; None if there is none.

    Args:
        run: MLflow's id; empty where it has none.
    """
    try:
        if folder is not None and (folder / FILE).exists():
            return read_parquet(folder / FILE)
        if not run:
            return None
        with TemporaryDirectory() as download:
            return read_parquet(fetch(run, FILE, Path(download)))
    except (RuntimeError, OSError, ValueError):
        return None


def of_group(users: pd.DataFrame, objective: Objective) -> Floats | None:
    """An objective's value of each user of its group; None where users have none."""
    if objective.column not in users:
        return None
    values: Floats = users[objective.column].to_numpy(float)[rows_of(users, objective.group)]
    return values
