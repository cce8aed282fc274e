"""A Hydra callback: a sweep is checked before its first job, and is one parent run in MLflow."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from lrec.base.config import plugins
from lrec.base.config.check import check
from lrec.base.errors import CommandFailed, ConfigError, one_line, printable, redact
from lrec.commands.composing import own_keys
from lrec.commands.loading import load_data
from lrec.commands.settings import RunSettings
from lrec.commands.train.command import TrainSettings
from lrec.commands.train.sweep_run import PARENT, SweepRun
from lrec.commands.tune.settings import TuneSettings


class SweepCallback(Callback):
    """Checks every job, and gives them a parent run before the first begins.

    Two first uses of one SQLite file would collide.
    """

    def __init__(self) -> None:
        self.run: SweepRun | None = None

    def __reduce__(self) -> tuple[type[SweepCallback], tuple[()]]:
        """Jobs in other processes are sent a new one: the parent run stays here."""
        return SweepCallback, ()

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        try:
            settings = check_jobs(config)
            if settings is not None and "resume" in config:
                self._open(settings, config)
            elif settings is not None:  # workers of one study: they make no store at once
                load_data(settings)
                settings.tracking.reach()
        except Exception as error:
            # Hydra would turn it into a warning, and go on.
            if os.environ.get("LREC_DEBUG") == "1":
                raise CommandFailed from error
            print(f"lrec: {one_line(error)}", file=sys.stderr)
            raise SystemExit(2 if isinstance(error, ConfigError) else 1) from None

    def _open(self, settings: RunSettings, config: DictConfig) -> None:
        load_data(settings)  # into the cache, and first: MLflow takes seconds to import
        overrides = redact(shlex.join([*plugins.words(), *config.hydra.overrides.task]))
        self.run = SweepRun(settings, overrides, Path(config.hydra.sweep.dir))
        if self.run.id is not None:
            with read_write(config.hydra.overrides):  # for jobs without this environment
                own = f"++hydra.job.env_set.{PARENT}='{self.run.id}'"
                config.hydra.overrides.hydra.append(own)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        if self.run is not None and job_return.status == JobStatus.FAILED:
            self.run.failed = True
        job_return.overrides = [
            printable(redact(o)) for o in job_return.overrides or ()
        ]  # Hydra prints them

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        if self.run is not None:
            self.run.finish()


def check_jobs(config: DictConfig) -> RunSettings | None:
    """Check the config of every job of a basic sweep; other sweepers decide as they go.

    Returns:
        The settings of the first job, or None where the command is neither `train` nor `tune`.

    Raises:
        ConfigError: a job's config does not fit.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

    hydra = GlobalHydra.instance().hydra
    root = TrainSettings if "resume" in config else TuneSettings if "worker" in config else None
    if hydra is None or root is None:
        return None
    loader = hydra.config_loader
    arguments = list(OmegaConf.to_container(config.hydra.overrides.task) or [])
    arguments += [f"{k}={v}" for k, v in (config.hydra.sweeper.get("params") or {}).items()]
    overrides = OverridesParser.create(config_loader=loader).parse_overrides(arguments)
    if "BasicSweeper" in config.hydra.sweeper._target_:
        jobs = BasicSweeper.split_arguments(overrides, None)[0]
    else:
        jobs = [[str(o.input_line) for o in overrides if not o.is_sweep_override()]]
    first = None
    for job in jobs:
        composed = loader.load_sweep_config(config, list(job))
        choices = composed.hydra.runtime.choices
        with open_dict(composed):
            del composed["hydra"]
            if root is TuneSettings:
                root.stored(composed, job)
            for key in own_keys(root):
                del composed[key]
        settings = check(composed, RunSettings, choices)
        settings.check_monitor()
        if settings.strategy.several:
            raise ConfigError(
                f"strategy={settings.strategy.name} is for one run at a time: start the workers "
                "of each run with lrec train, without -m."
            )
        first = first or settings
    return first
