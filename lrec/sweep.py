"""A Hydra callback: a sweep is checked before its first job, and is one parent run in MLflow."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from lrec.config import Parts, check
from lrec.errors import ConfigError, Failed, one_line, redact
from lrec.tracking import PARENT, Log, finished


class Sweep(Callback):
    """Makes the parent run before the jobs, because two first uses of one SQLite file collide.

    Hydra does not call `on_multirun_end` when a job failed, so the parent is closed at exit.
    """

    def __init__(self) -> None:
        self.failed = False
        self.ended = False
        self.show_front: Callable[[], None] = lambda: None

    def __reduce__(self) -> tuple[type[Sweep], tuple[()]]:
        """Jobs in other processes are sent a new one: the parent run stays here."""
        return Sweep, ()

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        try:
            parts = check_jobs(config)
            if parts is not None:
                self._open(parts, config)
        except Exception as error:
            # Hydra would turn it into a warning, and go on.
            if os.environ.get("LREC_DEBUG") == "1":
                raise Failed from error
            print(f"lrec: {one_line(error)}", file=sys.stderr)
            raise SystemExit(2 if isinstance(error, ConfigError) else 1) from None

    def _open(self, parts: Parts, config: DictConfig) -> None:
        """Make the parent run, and see to it that it is closed."""
        overrides = redact(" ".join(config.hydra.overrides.task).replace("++", ""))
        folder = Path(config.hydra.sweep.dir)
        tags = {"lrec.command": "sweep", "lrec.overrides": overrides[:5000]}
        parent = parts.tracking.open(f"sweep {overrides}"[:200], tags, folder)
        if parent.run_id is not None:
            os.environ[PARENT] = parent.run_id
            with read_write(config.hydra.overrides):  # for jobs without this environment
                own = f"++hydra.job.env_set.{PARENT}='{parent.run_id}'"
                config.hydra.overrides.hydra.append(own)
        self.show_front = lambda: show_front(parts, parent, folder)

        def close() -> None:
            # jobs in processes of their own tell only the store that they failed
            failed = self.failed or (not self.ended and parent.has_failed_runs())
            parent.end("FAILED" if failed else "FINISHED" if self.ended else "KILLED")
            os.environ.pop(PARENT, None)

        atexit.register(close)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        self.failed |= job_return.status == JobStatus.FAILED
        job_return.overrides = [redact(o) for o in job_return.overrides or ()]  # Hydra prints them

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        self.ended = True
        self.show_front()


def show_front(parts: Parts, parent: Log, folder: Path) -> None:
    """The Pareto set of a sweep's runs, on screen and as files of their parent."""
    from lrec import pareto  # which bring a terminal's libraries, and a wrong config needs none
    from lrec.terminal import Screen

    where = f"tags.mlflow.parentRunId = '{parent.run_id}'"
    found = pareto.sweep_table(finished(parts.tracking.experiment, where), parts)
    if len(found) > 1:
        for path in pareto.write(folder, found, parts):
            parent.file(path)
        Screen().console.print(pareto.shown(found, parts))


def check_jobs(config: DictConfig) -> Parts | None:
    """Check the config of every job of a basic sweep; other sweepers decide as they go.

    Returns:
        The parts of the first job, or None where the command is not `train`.

    Raises:
        ConfigError: a job's config does not fit.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

    hydra = GlobalHydra.instance().hydra
    if hydra is None or "resume" not in config:
        return None
    loader = hydra.config_loader
    arguments = list(OmegaConf.to_container(config.hydra.overrides.task) or [])
    arguments += [f"{k}={v}" for k, v in (config.hydra.sweeper.get("params") or {}).items()]
    overrides = OverridesParser.create(config_loader=loader).parse_overrides(arguments)
    if "BasicSweeper" in config.hydra.sweeper._target_:
        jobs = BasicSweeper.split_arguments(overrides, None)[0]
    else:
        jobs = [[str(o.input_line) for o in overrides if not o.is_sweep_override()]]
    parts = None
    for job in jobs:
        composed = loader.load_sweep_config(config, list(job))
        choices = composed.hydra.runtime.choices
        with open_dict(composed):
            del composed["hydra"]
            composed.pop("resume", None)
        checked: Parts = check(composed, choices)
        if checked.strategy.several:
            raise ConfigError(
                f"strategy={checked.strategy.name} is for one run at a time: start the workers of "
                "each run with lrec train, without -m."
            )
        parts = parts or checked
    return parts
