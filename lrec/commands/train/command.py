"""`lrec train`: compose a run, train, evaluate by bucket, log to MLflow."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from omegaconf import DictConfig

from lrec.base.config import plugins
from lrec.commands.composing import ComposedConfig, Invocation, key_of, own_keys
from lrec.commands.next_commands import short_id, with_model
from lrec.commands.runs.find_or_train import digest_of, find, killed
from lrec.commands.runs.of_run import merge, refuse_fixed
from lrec.commands.runs.saved import folder_of
from lrec.commands.runs.stored_config import read_stored_config
from lrec.commands.settings import RunSettings
from lrec.commands.train import experiment
from lrec.commands.train.experiment import TrainResult
from lrec.reporting.terminal import Screen
from lrec.tracking import PARENT, UNSAVED, SavedRun, adopt, finished

FREE = ("strategy",)  # where a killed run goes on may differ from where it was begun


@dataclass(frozen=True)
class TrainSettings(RunSettings):
    """The root of `conf/train.yaml`.

    Attributes:
        resume: id of a run that was killed or its first letters, its model, `latest`, or its
            folder; None trains a new run.
        fresh: in a multirun, train also where a finished run has the same config and data.
    """

    resume: str | None
    fresh: bool

    file: ClassVar[str] = "conf/train.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_monitor()

    @classmethod
    def stored(cls, config: DictConfig, overrides: Sequence[str]) -> DictConfig:
        """The config that a killed run was trained with, where one is to be resumed."""
        if config.resume is None:
            return config
        killed = str(config.resume)
        refuse_fixed(overrides, "resume", lambda key: key not in (*FREE, "resume"), FREE)
        folder = folder_of(killed)
        trained = read_stored_config(folder / "config.yaml", killed)
        merged = merge(trained, config, [o for o in overrides if key_of(o) != "resume"])
        merged.update({"resume": str(folder), "fresh": False})
        return merged


def run(settings: TrainSettings, invocation: Invocation) -> float:
    """Train a run, go on with one in its own folder, or find a sweep's job that is finished.

    Returns:
        The best value of the monitored validation metric, for sweepers; NaN in a process that only
        trains along.
    """
    config = config_of_training(invocation)
    if settings.resume is None and not settings.fresh and PARENT in os.environ:
        return find_or_train_job(settings, config)
    return best_value(train(settings, config))


def config_of_training(invocation: Invocation) -> ComposedConfig:
    """The config without the keys of the command, which a run does not have."""
    config, own = invocation.config, own_keys(TrainSettings)
    return replace(config, values={k: v for k, v in config.values.items() if k not in own})


def best_value(result: TrainResult | None) -> float:
    """The monitored value of a run; NaN in a process that only trains along."""
    return math.nan if result is None else result.best


def find_or_train_job(settings: TrainSettings, config: ComposedConfig) -> float:
    """Find a sweep's job that is finished, or train it; see `run`.

    A launcher's processes may have jobs of one digest at the same time, those of a model without a
    seed: one of them trains, and the others wait and find its run.
    """
    from filelock import FileLock

    lock = FileLock(config.folder.parent / f"{digest_of((settings, config))}.lock")
    with lock:
        found = finished_job(settings, config)
        try:
            if found is None:
                return best_value(train(settings, killed_job(settings, config) or config))
        finally:  # while it is held: a process that waits for it tries again
            Path(lock.lock_file).unlink(missing_ok=True)
    return found.metrics.get(f"best/{settings.monitor.removeprefix('val/')}", math.nan)


def train(settings: TrainSettings, config: ComposedConfig) -> TrainResult | None:
    """Train a run, or go on with one in its own folder; see `run`."""
    if settings.resume is not None:
        folder = Path(settings.resume)  # found before the check, see `stored`
        overrides = (folder / "overrides.txt").read_text(encoding="utf-8").splitlines()
        config = replace(config, overrides=overrides, choices={}, folder=folder, resumed=True)
    result = experiment.run(settings, config)
    if result is not None and result.run_id is not None and PARENT not in os.environ:
        missing = settings.missing_switches
        origin = ["lrec", "train", *config.overrides] if missing else None
        following = with_model(result.run_id, origin, switches=missing)
        if not missing and result.evaluation is not None:
            again = ["lrec", "evaluate", *plugins.words(), f"run={short_id(result.run_id)}"]
            following.insert(1, [*again, "bucket=counts"])
        if UNSAVED not in result.record.tags:
            Screen().commands("next", *following)
    return result


def killed_job(settings: RunSettings, config: ComposedConfig) -> ComposedConfig | None:
    """The config of a sweep's job in the folder of its killed run, which then goes on there."""
    try:
        begun = killed({"": (settings, config)}, {})
    except RuntimeError:  # of MLflow
        return None
    return begun[""][1] if begun else None


def finished_job(settings: RunSettings, config: ComposedConfig) -> SavedRun | None:
    """The finished run of a sweep's job, which then counts among the sweep's; None outside one.

    Without MLflow none is found, and the job is trained.
    """
    sweep = os.environ.get(PARENT)
    if sweep is None:
        return None
    try:
        run_id = find((settings, config), {})
        if run_id is None:
            return None
        adopt(sweep, run_id)
        (run,) = finished(settings.tracking.experiment, ids=[run_id])
    except RuntimeError:
        return None
    Screen().note(f"found run {run_id} of this config and data (fresh=true trains anew)")
    return run
