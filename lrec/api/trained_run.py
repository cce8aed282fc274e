"""A finished run, as `lrec.train` returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.api.recommending import requests_of
from lrec.commands.settings import RunSettings
from lrec.commands.train.experiment import TrainResult
from lrec.model import Model

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A finished run, as `lrec.train` returns it.

    Attributes:
        name: of the model and, where there is one, the augmenter.
        seed: that it was trained with.
        overrides: the command line that trains it again.
        settings: its checked config, every component built.
        result: as the command has it.
        run_id: MLflow's id; None where the run is not logged.
        folder: of its files, absolute; None where it has none.
    """

    name: str
    seed: int
    overrides: tuple[str, ...]
    settings: RunSettings
    result: TrainResult
    run_id: str | None
    folder: Path | None

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The test metrics: a row for each metric, a column for each bucket of users.

        Empty where nothing was held out.
        """
        evaluation = self.result.evaluation
        return by_bucket({} if evaluation is None else evaluation.values, self.settings.groups)

    @cached_property
    def references(self) -> dict[str, pd.DataFrame]:
        """The same of the references, by name: popularity and, where there are any, others."""
        groups = self.settings.groups
        return {name: by_bucket(v, groups) for name, v in self.result.references.items()}

    @cached_property
    def validation(self) -> pd.DataFrame:
        """The validation metrics of the epoch that was kept, laid out like `metrics`."""
        values = {key.removeprefix("val/"): v for key, v in self.result.validation.items()}
        return by_bucket(values, self.settings.groups)

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row for each evaluated epoch: its loss and validation metrics."""
        import pandas as pd

        return pd.DataFrame(self.result.history)

    @cached_property
    def users(self) -> pd.DataFrame:
        """A row for each test user: history length, bucket, ranked list, every metric.

        Ids are as the data has them, also where the run's files hold pseudonyms.
        """
        import pandas as pd

        evaluation, users = self.result.evaluation, self.result.users
        if evaluation is None or users is None:
            return pd.DataFrame()
        return users.assign(user=self.result.user_ids[evaluation.table["user"]])

    @property
    def model(self) -> Model:
        """The trained model, which maps histories in codes to scores."""
        return self.result.model

    def recommend(
        self, histories: pd.DataFrame | pd.Series | Sequence[Sequence[Any]], k: int = 10
    ) -> pd.DataFrame:
        """Recommend to anybody by what he has done: a list of item ids, the oldest first.

        Args:
            histories: a list for each user, in a list or a Series, or a frame of requests with the
                column `history` and, where they are wanted, `ratings`, `exclude`, `only`: see
                docs/serving.md.
            k: length of the lists.

        Returns:
            A row for each user, with the index of a given Series or frame: `items`, `scores`,
            `personalised`, `ignored` (ids that the model does not know) and, where the data has
            them, `titles`.

        Raises:
            ValueError: a history is no list of ids.
        """
        frame = requests_of(histories)
        answers: pd.DataFrame = self._recommender.predict(frame, {"k": k})
        return answers.set_axis(frame.index)

    @cached_property
    def _recommender(self) -> Any:
        from lrec.evaluation.recommender import Recommender

        return Recommender(self.model)

    def __repr__(self) -> str:
        run = "not logged" if self.run_id is None else f"run {self.run_id}"
        return f"TrainedRun({self.name}, seed {self.seed}, {run})"


def by_bucket(values: Mapping[str, float], groups: Sequence[str]) -> pd.DataFrame:
    """Metrics named `<metric>/<bucket>` as a table; those of another form are left out."""
    import pandas as pd

    cells = [(*key.split("/"), value) for key, value in values.items() if key.count("/") == 1]
    table = pd.DataFrame(cells, columns=["metric", "bucket", "value"])
    table = table[table["bucket"].isin(groups)]
    wide = table.pivot_table(index="metric", columns="bucket", values="value", sort=False)
    return wide.reindex(columns=[group for group in groups if group in wide])
