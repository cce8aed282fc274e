"""A model's search space, as Optuna's distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lrec.base.config.conf import file_of, shown_file
from lrec.base.errors import ConfigError, one_line, shown
from lrec.commands.composing import Choice, Composer, Interval

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.distributions import BaseDistribution

GRID = 5  # values of an interval in a grid
DIGITS = 3  # significant ones of a number that is drawn


@dataclass(frozen=True)
class SearchSpace:
    """Keys of a config, with the values that each may have.

    A space is written as for Hydra's sweepers: `a,b,…`, `choice(…)`, `interval(low, high)`, and
    `tag(log, interval(low, high))` for values whose order of magnitude matters.

    Attributes:
        keys: the part of each key; empty for a model without a space, which is tried as it is.
    """

    keys: Mapping[str, Choice | Interval]

    @classmethod
    def of_model(cls, model: str, composer: Composer) -> SearchSpace:
        """The space of `conf/search/<model>.yaml`; an empty one where there is no such file.

        Args:
            composer: parses the grammar.

        Raises:
            ConfigError: the space is not written so; the file is named.
        """
        file, place = file_of("search", model), shown_file("search", model)
        if file is None:
            return cls({})
        try:
            space = OmegaConf.load(file)
            texts = dict(space.items()) if isinstance(space, DictConfig) else None
        except (yaml.YAMLError, OmegaConfBaseException, OSError, ValueError) as error:
            raise ConfigError(f"{place} cannot be read: {one_line(error)}") from None
        if texts is None:
            raise ConfigError(f"{place} must have lines like model.size: choice(16,32)")
        try:
            return cls(
                {str(key): _part(str(key), str(text), composer) for key, text in texts.items()}
            )
        except ConfigError as error:
            raise ConfigError(f"{place}: {error}") from None

    def distributions(self) -> dict[str, BaseDistribution]:
        """The space in Optuna's words."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        return {
            key: CategoricalDistribution([written(value) for value in part.values])
            if isinstance(part, Choice)
            else FloatDistribution(part.low, part.high, log=part.log)
            for key, part in self.keys.items()
        }

    @property
    def values(self) -> dict[str, Any]:
        """The space as JSON has it."""
        return {key: asdict(part) for key, part in self.keys.items()}

    def only(self, keys: Sequence[str]) -> SearchSpace:
        """The part of the space with these keys."""
        return SearchSpace({key: part for key, part in self.keys.items() if key in keys})

    def grid(self) -> dict[str, list[Any]]:
        """All choices, and values at equal distances over each interval."""
        grid: dict[str, list[Any]] = {}
        for key, part in self.keys.items():
            if isinstance(part, Choice):
                grid[key] = [written(value) for value in part.values]
            else:
                space = np.geomspace if part.log else np.linspace
                grid[key] = [float(value) for value in space(part.low, part.high, GRID)]
        return grid

    @property
    def size(self) -> float:
        """Number of settings in the space; infinite if there is an interval."""
        parts = self.keys.values()
        if any(isinstance(part, Interval) for part in parts):
            return math.inf
        return math.prod(len(part.values) for part in parts if isinstance(part, Choice))

    def points(self, seed: int) -> list[dict[str, Any]]:
        """All points of the grid, in random order."""
        grid = self.grid()
        points = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        order = np.random.default_rng(seed).permutation(len(points))
        return [points[place] for place in order]

    def suggest(self, trial: Trial) -> list[str]:
        """Let a trial choose a value for each key; return them as overrides."""
        return overrides_of(
            {
                key: trial.suggest_categorical(key, [written(value) for value in part.values])
                if isinstance(part, Choice)
                else trial.suggest_float(key, part.low, part.high, log=part.log)
                for key, part in self.keys.items()
            }
        )

    def holds(self, params: Mapping[str, Any]) -> bool:
        """True if parameters are of these very keys, and each value is one that may be drawn."""
        return params.keys() == self.keys.keys() and all(
            params[key] in map(written, part.values)
            if isinstance(part, Choice)
            else part.low <= params[key] <= part.high
            for key, part in self.keys.items()
        )

    def inside(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A config's own values of the keys, those that lie in the space, as parameters.

        Args:
            config: nested, as it was composed.
        """
        found: dict[str, Any] = {}
        for key, part in self.keys.items():
            value: Any = config
            for name in key.split("."):
                value = value.get(name) if isinstance(value, Mapping) else None
            if isinstance(part, Choice):
                if written(value) in map(written, part.values):
                    found[key] = written(value)
            elif isinstance(value, int | float) and part.low <= value <= part.high:
                found[key] = float(value)
        return found


def overrides_of(params: Mapping[str, Any]) -> list[str]:
    """Parameters as overrides, numbers rounded to three digits."""
    return [
        f"{key}={value}" if isinstance(value, str) else f"{key}={value:.{DIGITS}g}"
        for key, value in params.items()
    ]


def written(value: Any) -> str:
    """A choice as it stands in an override.

    >>> [written(value) for value in (None, True, [100, 50], 0.1)]
    ['null', 'true', '[100,50]', '0.1']
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{','.join(map(written, value))}]"
    return str(value).replace(" ", "")


def _part(key: str, text: str, composer: Composer) -> Choice | Interval:
    """One key's part of a space.

    Raises:
        ConfigError: it is none, or its interval has no numbers to draw.
    """
    try:
        part, reason = composer.sweep(f"{key}={text}"), ""
    except ConfigError as error:
        part, reason = None, f" ({error})"
    if part is None:
        raise ConfigError(
            f"{key} must be choice(…), interval(low, high) or tag(log, interval(low, high))"
            f"{reason}. Received: {shown(text)}"
        )
    if isinstance(part, Interval):
        if not (math.isfinite(part.low) and math.isfinite(part.high) and part.low <= part.high):
            raise ConfigError(f"{key}: an interval goes from low to high. Received: {shown(text)}")
        if part.log and part.low <= 0:
            raise ConfigError(f"{key}: log needs numbers above 0. Received: {shown(text)}")
    return part
