"""Lists of any make, evaluated from Python: `lrec evaluate lists=…` on data frames."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lrec.api import calling
from lrec.api.splitting import SplitData
from lrec.api.training import FRAMES, by_bucket, words_of
from lrec.base.arrays import Strings
from lrec.base.files import digest_of_values, write_table
from lrec.cli.from_python import composed
from lrec.commands.evaluate.list_run import ListRun, run_lists
from lrec.commands.settings import RunSettings
from lrec.tracking.unlogged import Unlogged

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
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
            with neither, the order of a user's rows counts.
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
    with ExitStack() as stack:
        stack.enter_context(calling.call(verbose))
        scratch = None if log else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        words = words_of(split, overrides, scratch)
        for key, table in (("lists", lists), ("ratings", ratings)):
            if table is not None:
                words.append(f"{key}={written(table, key, (scratch or FRAMES).resolve())}")
        call = stack.enter_context(
            composed("evaluate", [*words, f"name={name}", *overrides], scratch)
        )
        settings = call.settings
        if not log:
            settings = replace(settings, tracking=Unlogged())
        call.invocation.folder.mkdir(parents=True, exist_ok=True)
        result = run_lists(settings, settings, call.invocation)
    user_ids = split.parts.user_ids
    return EvaluatedLists(name, settings.seed, settings, result, result.run_id, user_ids)


def written(table: pd.DataFrame, kind: str, folder: Path) -> Path:
    """The path of a table, written once under a name by its content."""
    from pandas.util import hash_pandas_object

    digest = digest_of_values([list(table), hash_pandas_object(table, index=False).tolist()])
    path = folder / f"{kind}-{digest[:16]}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_table(path, table)
    return path
