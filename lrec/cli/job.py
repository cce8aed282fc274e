"""A command as Hydra's task: check the composed config, and run the command."""

from __future__ import annotations

import gc
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.hydra import Hydra
from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from lrec.base.config import plugins
from lrec.base.config.conf import CONF
from lrec.base.errors import (
    CommandFailed,
    MissingStoreError,
    one_line,
    printable,
    redact,
    redact_addresses,
)
from lrec.base.files import write_text
from lrec.cli.failures import explain_failure
from lrec.cli.open_keys import open_groups
from lrec.cli.plugin_words import search_plugins
from lrec.cli.prepared import is_of_run, prepared
from lrec.cli.table import COMMANDS, config_name
from lrec.commands.runs.of_run import show_run


def hydra_main(command: str) -> None:
    """Let Hydra parse the command line, compose, and call the command once or for each job."""
    open_groups()
    search_plugins()
    compose_once()
    main = hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name(command))
    main(Task(command))()


def compose_once() -> None:
    """Keep Hydra from composing everything a first time to read `hydra.mode`, which nobody sets.

    Then `-m` alone decides between one run and a sweep. It takes a fifth of the time of an answer.
    """
    asked = Hydra.get_mode

    def mode_of(self: Hydra, config_name: str | None, overrides: list[str]) -> Any:
        if "--config-dir" in " ".join(sys.argv) or any("hydra" in word for word in overrides):
            return asked(self, config_name, overrides)
        return None

    Hydra.get_mode = mode_of  # type: ignore[method-assign]


class Task:
    """The function that Hydra calls with a composed config; it can be sent to other processes.

    In a sweep a failed job says so at once, because Hydra reports only the first failure, and only
    when all jobs are done.

    Args:
        command: a word of `COMMANDS`; Hydra names its log file after it.
    """

    def __init__(self, command: str) -> None:
        self.command = command
        self.__module__ = f"lrec.commands.{command}"  # Hydra's way to name a job
        self.plugins = plugins.activate()

    def __call__(self, config: DictConfig) -> Any:
        """Returns what the command does: of `train` the monitored value, for sweepers.

        Raises:
            CommandFailed: outside a sweep; the cause is what went wrong, the text where.
        """
        job = HydraConfig.get()
        try:
            plugins.adopt(self.plugins)
            redact_hydra_files(job)
            return run(self.command, config, job)
        except Exception as error:
            if isinstance(error, MissingStoreError):
                remove_traces(Path(job.runtime.output_dir), Path(job.runtime.cwd))
            place = explain_failure(error, Path(job.runtime.output_dir, f"{job.job.name}.log"))
            if job.mode != RunMode.MULTIRUN:
                raise CommandFailed(place) from error
            overrides = printable(redact(shlex.join(job.overrides.task)))
            line = f"{one_line(error)}{place}"
            print(f"job {job.job.num} ({overrides}) failed: {line}", file=sys.stderr)
            raise


def run(name: str, config: DictConfig, job: HydraConf) -> Any:
    """Check the config of a command, and run it.

    Args:
        job: in Hydra's own words: overrides, choices, folders.
    """
    folder = Path(job.runtime.output_dir)
    settings, invocation = prepared(name, config, job.runtime.choices, job.overrides.task, folder)
    if is_of_run(name, config):
        show_run(str(settings.run))
    if not gc.get_freeze_count():  # what has been imported stays
        gc.freeze()
    gc.enable()  # off since the start, see `lrec.cli.process`: composing drops next to nothing
    _, act = COMMANDS[name].load()
    return act(settings, invocation)


def remove_traces(folder: Path, cwd: Path) -> None:
    """Remove the folder of a job that has found nothing to work on, if only Hydra wrote there.

    Folders around it that are empty then are removed too, up to where the command was given.
    """
    own = [path for path in folder.iterdir() if path.name != ".hydra" and path.suffix != ".log"]
    if own or not folder.is_relative_to(cwd) or folder == cwd:
        return
    shutil.rmtree(folder)
    for parent in folder.parents:
        if parent == cwd or any(parent.iterdir()):
            return
        parent.rmdir()


def redact_hydra_files(job: HydraConf) -> None:
    """Redact what Hydra has written of the command line, in the folders of job and sweep."""
    files = [*Path(job.runtime.output_dir, job.output_subdir or "").glob("*.yaml")]
    if job.mode == RunMode.MULTIRUN:
        files += Path(job.runtime.cwd, job.sweep.dir).glob("multirun.yaml")
    for path in files:
        text = path.read_text(encoding="utf-8")
        if (public := redact_addresses(text)) != text:
            write_text(path, public)
