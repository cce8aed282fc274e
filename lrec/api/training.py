"""Training from Python: `lrec train` with a result in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from lrec.api import calling
from lrec.api.splitting import SplitData
from lrec.api.trained_run import TrainedRun
from lrec.base.arguments import check_argument
from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed
from lrec.commands.composing import key_of
from lrec.commands.data_lines import row_lines
from lrec.commands.train.command import config_of_training
from lrec.commands.train.command import train as train_run
from lrec.commands.train.experiment import model_name
from lrec.data.frames import table_digest, write_interactions
from lrec.data.interactions import Interactions
from lrec.reporting.terminal import Screen
from lrec.tracking.unlogged import Unlogged

FRAMES = Path("outputs", "frames")  # tables of data frames that logged runs were trained on


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
    calling.check_overrides(overrides, 'lrec.train("model=ease", "seed=2", data=data)')
    check_argument(
        data,
        (Interactions, SplitData, type(None)),
        "data must be lrec.Interactions or lrec.SplitData; make one by "
        "lrec.Interactions.from_frame(frame)",
    )
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
        show_removed(data)
        result = train_run(settings, config)
        assert result is not None  # of the chief
    return TrainedRun(
        name=model_name(settings, config),
        seed=settings.seed,
        overrides=tuple(config.overrides),
        settings=settings,
        result=result,
        run_id=result.run_id,
        folder=config.folder.resolve() if log else None,
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


def show_removed(data: Interactions | SplitData | None) -> None:
    """Print the rows that were removed when a frame was read, which its table lacks."""
    read = data.data if isinstance(data, SplitData) else data
    for line in [] if read is None else row_lines(read):
        Screen().line(line.replace("dataset.", ""))
