"""User tables of compared runs, and the meanings of their buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lrec.base.errors import one_line
from lrec.base.table_files import read_parquet
from lrec.commands.runs.selection import ComparedModel
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables
from lrec.tracking import SavedRun, fetch

if TYPE_CHECKING:
    import pandas as pd


def user_tables(
    model: ComparedModel, table_of: Callable[[SavedRun], pd.DataFrame]
) -> list[ModelTables]:
    """The user tables of a model's runs, for each part of the data.

    Args:
        table_of: fetches the table of a run.
    """
    tables = {run.id: table_of(run) for _, run in model.trained}
    return [
        ModelTables(
            name=model.name,
            tables=[tables[run.id] for run in runs.values()],
            n_items=int(next(iter(runs.values())).metrics["data/catalogue_items"]),
            part=part,
        )
        for part, runs in model.by_part.items()
    ]


def user_table(run: SavedRun) -> pd.DataFrame:
    """The user table of a run.

    Raises:
        ComparisonError: the run was trained without a test.
        RuntimeError: the run has none, or it is damaged.
    """
    if "test_items/all" not in run.metrics:
        raise ComparisonError(
            f"run {run.id} has no test to compare: it learned from all of its data "
            "(evaluate=false), or nobody had test items. Name another run, or ask this one about "
            f"later data: lrec evaluate run={run.id} dataset.path=…"
        )

    with TemporaryDirectory() as folder:
        path = fetch(run.id, "users.parquet", Path(folder))
        try:
            return read_parquet(path)
        except Exception as error:
            raise RuntimeError(
                f"users.parquet of run {run.id} cannot be read, train it again: {one_line(error)}"
            ) from None


def meanings(runs: Iterable[SavedRun]) -> dict[str, str]:
    """The meaning of each bucket; all of them where edges depend on the part of the data."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        for key, words in run.tags.items():
            if key.startswith("lrec.bucket."):
                found.setdefault(key.removeprefix("lrec.bucket."), {})[words] = None
    return {bucket: " or ".join(words) for bucket, words in found.items()}
