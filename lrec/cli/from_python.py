"""Configs of commands for callers in Python, composed and checked as on the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.singleton import Singleton
from omegaconf import open_dict, read_write

from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError
from lrec.cli.hydra_errors import explain
from lrec.cli.open_keys import open_groups
from lrec.cli.plugin_words import search_plugins, take_plugins
from lrec.cli.prepared import prepared
from lrec.cli.quoting import quoted
from lrec.cli.table import config_name
from lrec.commands.composing import Invocation


@dataclass(frozen=True)
class Call:
    """A command whose config was composed.

    Attributes:
        settings: of the command, checked and built.
        invocation: with the composed config, and with a composer that works inside `composed` only.
    """

    settings: Any
    invocation: Invocation


@contextlib.contextmanager
def composed(command: str, overrides: Sequence[str], folder: Path | None = None) -> Iterator[Call]:
    """Compose a command's config, and keep Hydra ready for the block.

    What the process had composed by Hydra before is there again afterwards.

    Args:
        command: a word of `COMMANDS`.
        overrides: as on the command line, `plugins=[mine]` among them.
        folder: of the run; None takes the command line's, `outputs/DATE/TIME`.

    Raises:
        ConfigError: the config does not fit; one line.
    """
    words = [quoted(word) for word in take_plugins(overrides)]
    open_groups()
    search_plugins()
    before = Singleton.get_state()
    try:
        with _explained(command, words):
            initialize_config_dir(str(CONF), job_name=command, version_base="1.3")
            several = OverridesParser.create().parse_overrides(words)
            if sweeps := [o.input_line for o in several if o.is_sweep_override()]:
                raise ConfigError(f"one run has one value of each key. Received: {sweeps[0]}")
            config = compose(config_name(command), words, return_hydra_config=True)
            place = Path(config.hydra.run.dir) if folder is None else folder
            with read_write(config.hydra), open_dict(config.hydra):
                config.hydra.runtime.output_dir = str(place.resolve())
                config.hydra.mode = "RUN"
            HydraConfig.instance().set_config(config)
            choices = config.hydra.runtime.choices
            with read_write(config), open_dict(config):
                del config["hydra"]
            settings, invocation = prepared(command, config, choices, words, place)
        yield Call(settings, invocation)
    finally:
        Singleton.set_state(before)


@contextlib.contextmanager
def _explained(command: str, words: Sequence[str]) -> Iterator[None]:
    """Refuse what Hydra refuses with lrec's line.

    Raises:
        ConfigError: the line.
    """
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:
        if (line := explain(error, command, words)) is None:
            raise
        raise ConfigError(line) from None
