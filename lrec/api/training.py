"""Training from Python: `lrec train` with a result in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.api import calling
from lrec.api.splitting import SplitData
from lrec.base.arrays import Strings
from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed
from lrec.commands.composing import key_of
from lrec.commands.loading import load_data
from lrec.commands.settings import RunSettings
from lrec.commands.train.command import config_of_training
from lrec.commands.train.command import train as train_run
from lrec.commands.train.experiment import TrainResult, model_name
from lrec.data.frames import table_digest, write_interactions
from lrec.data.interactions import Interactions
from lrec.model import Model
from lrec.tracking.unlogged import Unlogged

if TYPE_CHECKING:
    import pandas as pd

FRAMES = Path("outputs", "frames")  # tables of data frames that logged runs were trained on


@dataclass(frozen=True)
class TrainedRun:
    """A finished run, as `lrec.train` returns it.

    Attributes:
        name: of the model and, where there is one, the augmenter.
        seed: that it was trained with.
        overrides: the command line that trains it again.
        settings: its checked config, every component built.
        result: as the command has it.
        run_id: MLflow's id; None where the run is not logged.
        folder: of its files; None where it has none.
        user_ids: of the data, by code.
    """

    name: str
    seed: int
    overrides: tuple[str, ...]
    settings: RunSettings
    result: TrainResult
    run_id: str | None
    folder: Path | None
    user_ids: Strings

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
        return users.assign(user=self.user_ids[evaluation.table["user"]])

    @property
    def model(self) -> Model:
        """The trained model, which maps histories in codes to scores."""
        return self.result.model

    def recommend(
        self, histories: pd.DataFrame | Sequence[Sequence[Any]], k: int = 10
    ) -> pd.DataFrame:
        """Recommend to anybody by what he has done: a list of item ids, the oldest first.

        Args:
            histories: a list for each user, or a frame of requests with the column `history` and,
                where they are wanted, `ratings`, `exclude`, `only`: see docs/serving.md.
            k: length of the lists.

        Returns:
            A row for each user: `items`, `scores`, `personalised`, `ignored` (ids that the model
            does not know) and, where the data has them, `titles`.

        Raises:
            ValueError: a history is no list of ids.
        """
        import pandas as pd

        if isinstance(histories, pd.DataFrame):
            frame = histories
        else:
            frame = pd.DataFrame({"history": [list(history) for history in histories]})
        answers: pd.DataFrame = self._recommender.predict(frame, {"k": k})
        return answers

    @cached_property
    def _recommender(self) -> Any:
        from lrec.evaluation.recommender import Recommender

        return Recommender(self.model)

    def __repr__(self) -> str:
        run = "not logged" if self.run_id is None else f"run {self.run_id}"
        return f"TrainedRun({self.name}, seed {self.seed}, {run})"


def train(
    *overrides: str,
    data: Interactions | SplitData | None = None,
    log: bool = True,
    verbose: bool = True,
) -> TrainedRun:
    """Train and evaluate a model: `lrec train` with the same keys, checks, numbers and store.

    Args:
        overrides: of the command line, `"model=vae", "seed=2", "split=leave_one_out"`.
        data: interactions, or a split of them, which then is the run's; None takes `dataset=…`.
        log: True logs the run to MLflow, in this folder's store or `$MLFLOW_TRACKING_URI`, and
            keeps the interactions in `outputs/frames` for commands about the run; False keeps
            nothing but the result.
        verbose: False prints nothing.

    Raises:
        ConfigError: the config does not fit; one line that names the key and the nearest valid one.
        DataError: the data cannot be used so.
    """
    with ExitStack() as stack:
        stack.enter_context(calling.call(verbose))
        scratch = None if log else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        words = [*words_of(data, overrides, scratch), *overrides]
        call = stack.enter_context(composed("train", words, scratch))
        settings = call.settings
        if settings.strategy.several:
            raise ConfigError(f"strategy={settings.strategy.name} is for lrec train")
        if not log:
            settings = replace(settings, tracking=Unlogged())
        config = config_of_training(call.invocation)
        config.folder.mkdir(parents=True, exist_ok=True)
        result = train_run(settings, config)
        assert result is not None  # of the chief
        user_ids = load_data(settings).user_ids
    return TrainedRun(
        name=model_name(settings, config),
        seed=settings.seed,
        overrides=tuple(config.overrides),
        settings=settings,
        result=result,
        run_id=result.run_id,
        folder=config.folder if log else None,
        user_ids=user_ids,
    )


def words_of(
    data: Interactions | SplitData | None, overrides: Sequence[str], scratch: Path | None
) -> list[str]:
    """The overrides that stand for data which is handed over, after writing its table.

    Args:
        overrides: the others.
        scratch: folder for everything of a run that is not logged; None for one that is.

    Raises:
        ConfigError: the data or its split is given twice.
    """
    if data is None:
        return []
    roots = {key_of(word).partition(".")[0] for word in overrides}
    for given, key in ((True, "dataset"), (isinstance(data, SplitData), "split")):
        if given and key in roots:
            raise ConfigError(f"{key} is given twice: by data=… and by an override, {key}=…")
    interactions = data.data if isinstance(data, SplitData) else data
    place = FRAMES / table_digest(interactions)[:16] if scratch is None else scratch
    words = write_interactions(interactions, place.resolve())
    words += [] if scratch is None else [f"dataset.cache={scratch}"]
    return [*words, *(data.overrides if isinstance(data, SplitData) else ())]


def by_bucket(values: Mapping[str, float], groups: Sequence[str]) -> pd.DataFrame:
    """Metrics named `<metric>/<bucket>` as a table; those of another form are left out."""
    import pandas as pd

    cells = [(*key.split("/"), value) for key, value in values.items() if key.count("/") == 1]
    table = pd.DataFrame(cells, columns=["metric", "bucket", "value"])
    table = table[table["bucket"].isin(groups)]
    wide = table.pivot_table(index="metric", columns="bucket", values="value", sort=False)
    return wide.reindex(columns=[group for group in groups if group in wide])
