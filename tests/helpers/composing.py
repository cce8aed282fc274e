"""Configs as the command line composes them, for tests that need hundreds."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
from functools import cache
from pathlib import Path
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from lrec.base.config.check import check, component_groups
from lrec.base.config.conf import CONF, groups
from lrec.cli.open_keys import open_groups
from lrec.commands.composing import ComposedConfig, Invocation
from lrec.commands.settings import AnyRunSettings, RunSettings

SINGLE, SEVERAL = component_groups(RunSettings)
PARSER = OverridesParser.create()
FILES = {*groups(), "experiment", "hydra"}  # keys that choose files


open_groups()  # as the command line does


def composed(*overrides: str, root: str = "config") -> DictConfig:
    """The config of a command line.

    Files are put together once for each choice of them, which takes Hydra a tenth of a second;
    values are then set as Hydra sets them. `make clean` forgets them.
    """
    values = [word for word in overrides if is_value(word)]
    chosen = tuple(word for word in overrides if not is_value(word))
    config: DictConfig = pickle.loads(_stored(root, chosen))
    try:
        ConfigLoaderImpl._apply_overrides_to_config(PARSER.parse_overrides(values), config)
    except OmegaConfBaseException as error:
        raise ConfigCompositionException() from error
    return config


def is_value(word: str) -> bool:
    """True if an override sets a key, False if it chooses a file."""
    return re.findall(r"^[\w.]*", word.lstrip("+~"))[0] not in FILES


def checked(
    config: DictConfig,
    choices: dict[str, Any] | None = None,
    trains: bool = True,
    root: type[AnyRunSettings] = RunSettings,  # type: ignore[assignment]
) -> AnyRunSettings:
    """Checked settings; of what trains, with a monitored metric that is computed."""
    settings = check(config, root, choices)
    if trains:
        settings.check_monitor()
    return settings


def invocation(config: ComposedConfig) -> Invocation:
    """A call that trains nothing."""
    return Invocation(config, None, None)  # type: ignore[arg-type]


def composed_anew(*overrides: str, root: str = "config") -> DictConfig:
    """The same, with everything left to Hydra."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(root, overrides=list(overrides))


@cache
def _stored(root: str, chosen: tuple[str, ...]) -> bytes:
    """A pickled config, from the disk where any process of the tests has composed it before."""
    name = hashlib.sha256(repr((root, chosen)).encode()).hexdigest()
    path = _folder() / name
    if not path.exists():
        composed = pickle.dumps(composed_anew(*chosen, root=root))
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(composed)
        partial.replace(path)
    return path.read_bytes()


@cache
def _folder() -> Path:
    """The folder of configs that are composed of today's conf/ by this version of Hydra."""
    digest = hashlib.sha256(hydra.__version__.encode())
    for path in sorted(CONF.rglob("*.yaml")):
        digest.update(f"{path.relative_to(CONF)}\0{path.read_text()}\0".encode())
    folder = Path(__file__).parents[2] / ".pytest_cache" / "composed" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder
