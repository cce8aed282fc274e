"""Configs of commands on one finished run: the run's own, with the keys that may differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from lrec.base.errors import ConfigError
from lrec.base.missing_files import existing
from lrec.commands.composing import LOCATION, key_of
from lrec.commands.runs.model_identity import name
from lrec.commands.runs.saved import load_config
from lrec.reporting.terminal import Screen
from lrec.tracking import SavedRun, finished, resolve

# Keys that name a file, of LOCATION and of tables of users.
FILES = ("dataset.path", "dataset.items_path", "bucket.column.path", "bucket.file.path")


def config_of_run(
    config: DictConfig,
    command: str,
    overrides: Sequence[str],
    own: Sequence[str],
    free: Sequence[str],
) -> DictConfig:
    """The config of the run that `config.run` names, with a command's own keys.

    Args:
        overrides: the command line.
        own: the keys that the run's config does not have; `run` is among them.
        free: root keys and config groups that may differ from the run's.

    Raises:
        ConfigError: no run is named, or another key than these is set.
    """
    if OmegaConf.is_missing(config, "run") or config.run is None:
        lists = " Lists of another make: lists=FILE." if "lists" in own else ""
        raise ConfigError(
            f"run is needed: lrec {command} run=RUN_ID, the id of a "
            f"finished run or its first letters; its model or latest also name one.{lists}"
        )
    changeable = (*free, *(key for key in own if key != "run"))
    refuse_fixed(overrides, command, lambda key: key not in (*own, *free), changeable)
    run = resolve(str(config.run))
    merged = merge(load_config(run), config, overrides)
    merged.update({key: config[key] for key in own} | {"run": run})
    return merged


def show_run(run_id: str) -> None:
    """Print which run a command is about.

    Raises:
        RuntimeError: there is no such run, or it is not finished.
    """
    (run,) = finished("", ids=[run_id])
    Screen().note(run_line(run))


def run_line(run: SavedRun) -> str:
    """A line on a run that a command was asked about, perhaps by another name than its id."""
    seed = f", seed {run.seed}" if run.seeded else ""
    path = run.params.get("dataset.path", "None")
    data = run.data if path == "None" else f"{run.data} ({Path(path).name})"
    began = datetime.fromtimestamp(run.started / 1000).strftime("%Y-%m-%d %H:%M")
    return f"run {run.id}: {name(run)}{seed}, on {data}, trained {began}"


def refuse_missing_files(config: DictConfig, overrides: Sequence[str], more: Sequence[str]) -> None:
    """Refuse files that are not there, before a run is looked for: MLflow takes seconds to import.

    Args:
        more: keys of a command's own files, beside those of moved data.

    Raises:
        DataError: naming the key.
    """
    for key in (*FILES, *more):
        if key in map(key_of, overrides):
            value = OmegaConf.select(config, key)
            if isinstance(value, str):
                existing(value, key)


def refuse_fixed(
    overrides: Sequence[str], command: str, fixed: Callable[[str], bool], free: Sequence[str]
) -> None:
    """Refuse overrides of keys that were decided by training; data may have moved since.

    Args:
        fixed: True for a root key that was decided then.
        free: keys that the command can change, to be named.

    Raises:
        ConfigError: naming the keys that can be changed.
    """
    for override in overrides:
        key = key_of(override)
        if key not in LOCATION and fixed(key.partition(".")[0]):
            raise ConfigError(
                f"{key} was decided when the run was trained; {command} can change "
                f"{', '.join(free)}. Received: {override.removeprefix('++')}"
            )


def merge(trained: DictConfig, config: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """The run's own config, with the keys of the command line taken from the composed one."""
    merged = OmegaConf.create(OmegaConf.to_container(trained))
    assert isinstance(merged, DictConfig)
    keys = [key_of(override) for override in overrides]
    for key in sorted(keys, key=lambda key: "." in key):  # whole groups first
        if key != "run":
            OmegaConf.update(merged, key, OmegaConf.select(config, key), merge=False)
    return merged
