"""A composed config, and what commands are handed by the front door beside it.

Only `lrec.cli` sees Hydra: commands, and whoever calls them from Python, get a composer and a
launcher.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from omegaconf import DictConfig, OmegaConf

from lrec.base.config import plugins
from lrec.base.config.check import AnySettings, check, component_groups
from lrec.base.config.conf import groups
from lrec.base.errors import ConfigError, redact_addresses
from lrec.commands.settings import RunSettings


@dataclass(frozen=True)
class ComposedConfig:
    """A config as plain values, and how it came about: what it takes to repeat a run.

    Attributes:
        values: by key; no password of an address is among them.
        overrides: the command line.
        choices: config group -> chosen file.
        folder: the run's own folder.
        resumed: whether a run that was killed there goes on.
        purpose: the command that the run is trained for.
    """

    values: dict[str, Any]
    overrides: list[str]
    choices: dict[str, str]
    folder: Path
    resumed: bool = False
    purpose: str = "train"


# Keys that say where data lies. A run's may differ from it when the data has moved.
LOCATION = (
    *("dataset.path", "dataset.validation_path", "dataset.test_path"),
    *("dataset.items_path", "dataset.cache"),
)
Job = tuple[RunSettings, ComposedConfig]


@dataclass(frozen=True)
class Choice:
    """Values to choose from: `a,b` or `choice(a,b)`."""

    values: list[Any]


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds, `interval(low, high)`; with the tag `log` by magnitude."""

    low: float
    high: float
    log: bool


class Composer(Protocol):
    """Makes configs of training runs from overrides of the command's own config."""

    @property
    def overrides(self) -> list[str]:
        """The command line."""

    def compose(
        self, overrides: Sequence[str], without: Sequence[str], folder: Path
    ) -> tuple[RunSettings, ComposedConfig]:
        """A training run's config, checked and built.

        Args:
            without: keys of the command that a training run does not have.
            folder: of the run.

        Raises:
            ConfigError: it does not fit.
        """

    def plain(
        self, overrides: Sequence[str], without: Sequence[str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """A training run's config as plain values, not checked, and the file of each group.

        Args:
            without: keys of the command that a training run does not have.
        """

    def sweep(self, override: str) -> Choice | Interval | None:
        """The values that an override in Hydra's grammar stands for; None for one value.

        Raises:
            ConfigError: the grammar does not have it; the reason in Hydra's words.
        """


class Launcher(Protocol):
    """Trains one run to its end."""

    def __call__(self, settings: RunSettings, config: ComposedConfig, /) -> object:
        """Train, evaluate and log."""


@dataclass(frozen=True)
class Invocation:
    """One call of a command.

    Attributes:
        config: the command's own.
        composer: of training runs.
        launch: trains what has to be trained.
    """

    config: ComposedConfig
    composer: Composer
    launch: Launcher

    @property
    def folder(self) -> Path:
        """The command's own folder."""
        return self.config.folder


def prepare(
    config: DictConfig,
    root: type[AnySettings],
    choices: Mapping[str, Any],
    overrides: Sequence[str],
    folder: Path,
) -> tuple[AnySettings, ComposedConfig]:
    """Check and build a composed config, and keep what it takes to compose it again.

    Passwords in addresses are for the components only.

    Args:
        config: without its `hydra` node.
        root: the whole config's dataclass.
        choices: config group -> file chosen, as Hydra has them.

    Raises:
        ConfigError: see `lrec.base.config.check.check`.
    """
    single, _ = component_groups(root)
    for override in overrides:
        if key_of(override) in single and override.partition("=")[2].startswith("["):
            raise ConfigError(
                f"{key_of(override)} is one choice, and no list. Received: {override}"
            )
    chosen = chosen_files(choices)
    settings = check(config, root, chosen)
    composed = ComposedConfig(
        values=plain_values(config),
        overrides=[*plugins.words(), *(redact_addresses(o.removeprefix("++")) for o in overrides)],
        choices=chosen,
        folder=folder,
    )
    return settings, composed


def chosen_files(choices: Mapping[str, Any]) -> dict[str, str]:
    """The file of each config group, of all choices that Hydra has made."""
    known = groups()
    return {group: str(c) for group, c in choices.items() if group in known and c}


def plain_values(config: DictConfig) -> dict[str, Any]:
    """A config as plain values, without passwords."""
    values = OmegaConf.to_container(config, resolve=True)
    plain = json.loads(json.dumps(values))  # every key as text, as digests and YAML want it
    return without_passwords(plain)  # type: ignore[no-any-return]


def without_passwords(value: Any) -> Any:
    """Plain values with every address in them redacted."""
    if isinstance(value, dict):
        return {key: without_passwords(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_passwords(inner) for inner in value]
    return redact_addresses(value) if isinstance(value, str) else value


def key_of(override: str) -> str:
    """The key that an override of the command line sets."""
    return override.lstrip("+~").partition("=")[0]


def location_of(config: ComposedConfig) -> dict[str, Any]:
    """The keys of the command line that say where data lies, with their values."""
    keys = [key for key in map(key_of, config.overrides) if key in LOCATION]
    return {key: config.values["dataset"].get(key.partition(".")[2]) for key in keys}


def own_keys(root: type) -> list[str]:
    """Keys of a command's config that no training run has."""
    shared = {field.name for field in fields(RunSettings)}
    return [field.name for field in fields(root) if field.name not in shared]
