"""Random configurations from a model's search space."""

from __future__ import annotations

import math

import numpy as np
from omegaconf import DictConfig, OmegaConf

from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError
from lrec.commands.composing import Choice, Composer, Interval


def draw(model: str, generator: np.random.Generator, composer: Composer) -> list[str]:
    """Draw a value at random for each key of a model's search space.

    Random search finds as good settings as a grid with far fewer tries (Bergstra and Bengio 2012).
    A space is written as for Hydra's sweepers: `a,b,…`, `choice(…)`, `interval(low, high)`, and
    `tag(log, interval(low, high))` for values whose order of magnitude matters.

    Args:
        composer: parses the grammar.

    Returns:
        Overrides; none for a model without a search space, which is tried as it is.

    Raises:
        ConfigError: the space is not written so.
    """
    file = CONF / "search" / f"{model}.yaml"
    if not file.is_file():
        return []
    space = OmegaConf.load(file)
    assert isinstance(space, DictConfig)
    return [_draw(str(key), str(text), generator, composer) for key, text in space.items()]


def _draw(key: str, text: str, generator: np.random.Generator, composer: Composer) -> str:
    """One override, with a value drawn from a key's part of a search space."""
    sweep = composer.sweep(f"{key}={text}")
    if isinstance(sweep, Choice):
        value = sweep.values[generator.integers(len(sweep.values))]
        return f"{key}={'null' if value is None else str(value).replace(' ', '')}"
    if isinstance(sweep, Interval):
        if sweep.log:
            drawn = math.exp(generator.uniform(math.log(sweep.low), math.log(sweep.high)))
        else:
            drawn = generator.uniform(sweep.low, sweep.high)
        return f"{key}={drawn:.3g}"
    raise ConfigError(
        f"conf/search/: {key} must be choice(…), interval(low, high) or tag(log, interval(low, "
        f"high)). Received: {text}"
    )
