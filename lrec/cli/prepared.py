"""A composed config, checked, with the command's components built from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lrec.base.errors import ConfigError
from lrec.cli.composer import HydraComposer
from lrec.cli.table import COMMANDS
from lrec.commands.composing import Invocation, own_keys, prepare
from lrec.commands.runs.of_run import config_of_run, refuse_missing_files
from lrec.commands.train.experiment import run as train_here


def prepared(
    name: str, config: DictConfig, choices: Mapping[str, Any], words: Sequence[str], folder: Path
) -> tuple[Any, Invocation]:
    """The settings of a command and its invocation, from a config without Hydra's part.

    Args:
        name: of the command.
        choices: file of each group.
        words: overrides of the command line.
        folder: of the command's own run.

    Raises:
        ConfigError: the config does not fit the command.
    """
    command = COMMANDS[name]
    root, _ = command.load()
    if command.split not in (None, choices.get("split")):
        raise ConfigError(
            f"test users must be new to all models, so this command needs split={command.split}. "
            f"Received: split={choices['split']} [conf/split/]"
        )
    if command.free is not None or config.get("runs"):
        refuse_missing_files(config, words, getattr(root, "files", ()))
    if command.free is not None and is_of_run(name, config):
        config = config_of_run(config, name, words, own_keys(root), command.free)
    if hasattr(root, "stored"):
        config = root.stored(config, words)
    settings, composed = prepare(config, root, choices, words, folder)
    return settings, Invocation(composed, HydraComposer(), train_here)


def is_of_run(name: str, config: DictConfig) -> bool:
    """True if a command is about a saved run, whose config it goes by; lists have none."""
    return COMMANDS[name].free is not None and not (config.get("lists") or config.get("ratings"))
