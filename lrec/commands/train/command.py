"""`lrec train`: compose a run, train, evaluate by bucket, log to MLflow."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from omegaconf import DictConfig

from lrec.commands.composing import Invocation, key_of
from lrec.commands.runs.of_run import merge, refuse_fixed
from lrec.commands.runs.saved import folder_of
from lrec.commands.runs.stored_config import read_stored_config
from lrec.commands.settings import RunSettings
from lrec.commands.train import experiment
from lrec.commands.train.announcement import next_steps
from lrec.reporting.terminal import Screen
from lrec.tracking import PARENT

FREE = ("strategy",)  # where a killed run goes on may differ from where it was begun


@dataclass(frozen=True)
class TrainSettings(RunSettings):
    """The root of `conf/train.yaml`.

    Attributes:
        resume: id of a run that was killed or its first letters, its model, `latest`, or its
            folder; None trains a new run.
    """

    resume: str | None

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
        merged.resume = str(folder)
        return merged


def run(settings: TrainSettings, invocation: Invocation) -> float:
    """Train a run, or go on with one in its own folder.

    Returns:
        The best value of the monitored validation metric, for sweepers; NaN in a process that only
        trains along.
    """
    config = invocation.config
    config = replace(config, values={k: v for k, v in config.values.items() if k != "resume"})
    if settings.resume is not None:
        folder = Path(settings.resume)  # found before the check, see `stored`
        overrides = (folder / "overrides.txt").read_text().splitlines()
        config = replace(config, overrides=overrides, choices={}, folder=folder, resumed=True)
    result = experiment.run(settings, config)
    if result is not None and result.run_id is not None and PARENT not in os.environ:
        Screen().note(next_steps(result.run_id, result.evaluation is not None))
    return math.nan if result is None else result.best
