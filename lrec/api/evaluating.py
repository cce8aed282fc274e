"""Lists of any make, evaluated from Python: `lrec evaluate lists=…` on data frames."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.api import calling
from lrec.api.splitting import SplitData
from lrec.api.trained_run import by_bucket
from lrec.api.training import FRAMES, show_removed, words_of
from lrec.base.arguments import check_argument, check_frame, check_texts
from lrec.base.arrays import Strings
from lrec.base.errors import ConfigError, DataError, shown
from lrec.base.files import digest_of_values
from lrec.cli.from_python import composed
from lrec.cli.quoting import text_word
from lrec.commands.evaluate.list_run import ListRun, run_lists
from lrec.commands.settings import RunSettings
from lrec.data.frames import write_frame
from lrec.tracking.unlogged import Unlogged

if TYPE_CHECKING:
    import pandas as pd

LISTS = (list, tuple, np.ndarray)  # classes of cells that hold a row's lists
SINGULAR = {"items": "item", "scores": "score", "item_id_list": "item_id"}


@dataclass(frozen=True, eq=False)
class EvaluatedLists:
    """Lists or predicted ratings, evaluated on the test part of a split.

    Attributes:
        name: of what made them.
        seed: that they were made with.
        settings: the checked config.
        result: as the command has it.
        run_id: MLflow's id; None where the run is not logged.
        user_ids: of the data, by code.
    """

    name: str
    seed: int
    settings: RunSettings
    result: ListRun
    run_id: str | None
    user_ids: Strings

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The test metrics: a row for each metric, a column for each bucket of users."""
        return by_bucket(self.result.evaluation.result.values, self.settings.groups)

    @cached_property
    def users(self) -> pd.DataFrame:
        """A row for each test user: history length, bucket, list, every metric."""
        table = self.result.evaluation.result.table
        return self.result.users.assign(user=self.user_ids[table["user"]])

    @property
    def notes(self) -> list[str]:
        """A line on each thing that is not as in lrec's own lists, and what became of it."""
        return self.result.evaluation.notes

    def __repr__(self) -> str:
        run = "not logged" if self.run_id is None else f"run {self.run_id}"
        return f"EvaluatedLists({self.name}, {run})"


def evaluate(
    lists: pd.DataFrame | None,
    split: SplitData,
    *overrides: str,
    ratings: pd.DataFrame | None = None,
    name: str = "lists",
    log: bool = True,
    verbose: bool = True,
) -> EvaluatedLists:
    """Evaluate lists of any make by bucket of users, as lrec's own models are.

    Args:
        lists: a row for each recommended item: user, item, and rank or score, under usual names;
            with neither, the order of a user's rows counts. Or a row for each user, with lists in
            columns such as items and scores.
        split: that they were made on.
        overrides: of `lrec evaluate`, such as `bucket=counts`.
        ratings: a row for each predicted rating: user, item, and prediction.
        name: of what made them.
        log: True makes a run that `lrec compare` takes, and keeps interactions and lists in
            `outputs/frames`; False keeps nothing.
        verbose: False prints nothing.

    Raises:
        ConfigError: an override does not fit.
        DataError: a column is missing, or nothing in the lists is of the split.
    """
    _check(lists, split, overrides, ratings, name)
    with ExitStack() as stack:
        stack.enter_context(calling.call(verbose))
        scratch = None if log else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        words = words_of(split, overrides, scratch)
        for key, table in (("lists", lists), ("ratings", ratings)):
            if table is not None:
                words.append(f"{key}={written(table, key, (scratch or FRAMES).resolve())}")
        call = stack.enter_context(
            composed("evaluate", [*words, text_word("name", name), *overrides], scratch)
        )
        settings = call.settings
        if not log:
            settings = replace(settings, tracking=Unlogged())
        call.invocation.folder.mkdir(parents=True, exist_ok=True)
        show_removed(split)
        result = run_lists(settings, settings, call.invocation)
    user_ids = split.parts.user_ids
    return EvaluatedLists(result.name, settings.seed, settings, result, result.run_id, user_ids)


def written(table: pd.DataFrame, kind: str, folder: Path) -> Path:
    """The path of a table, written once under a name by its content.

    Raises:
        DataError: a column holds what no table can.
    """
    from pandas.util import hash_pandas_object

    table = a_row_each(table, kind)
    try:
        digest = digest_of_values([list(table), hash_pandas_object(table, index=False).tolist()])
    except TypeError as error:
        raise DataError(f"{kind} must hold ids and numbers in each cell: {error}") from None
    path = folder / f"{kind}-{digest[:16]}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_frame(table, path)
    return path


def a_row_each(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """A table with a row for each item, also of one with a row for each user.

    Raises:
        DataError: lists of one row have different lengths.
    """
    first = {name: table[name].dropna().head(1).tolist() for name in table}
    nested: list[Hashable] = [
        name for name, cells in first.items() for cell in cells if isinstance(cell, LISTS)
    ]
    if not nested:
        return table
    try:
        rows = table.explode(nested)
    except ValueError as error:  # of pandas
        raise DataError(f"{kind}: the lists of a row have different lengths: {error}") from None
    return rows.dropna(subset=nested).rename(columns=SINGULAR)  # an empty list leaves a blank row


def _check(
    lists: object, split: object, overrides: tuple[object, ...], ratings: object, name: object
) -> None:
    """Refuse arguments of `evaluate`, before a run is made of them.

    Raises:
        ConfigError: naming the first.
    """
    for key, table in (("lists", lists), ("ratings", ratings)):
        if table is not None:
            check_frame(table, key)
    if lists is None and ratings is None:
        raise ConfigError("lists must be a pandas DataFrame, or else ratings. Received: None")
    check_argument(split, SplitData, "split must be lrec.SplitData, such as lrec.ratio(data)")
    calling.check_overrides(overrides, 'lrec.evaluate(lists, split, "k=[10]", name="theirs")')
    check_texts(name=name)
    if not (str(name).strip() and str(name).isprintable()) or "${" in str(name):
        raise ConfigError(f"name must be a word or words in one line. Received: {shown(name)}")
