"""`lrec tune`: the same number of tries for every candidate, drawn from its search space."""

from __future__ import annotations

import math

import hydra
import numpy as np
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep
from omegaconf import DictConfig, OmegaConf

from lrec.commands.candidates import compose, own_keys, training_overrides, words
from lrec.commands.job import job
from lrec.config import CONF, Record, options
from lrec.errors import ConfigError
from lrec.tuning import Tune


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="tune")
def main(config: DictConfig) -> None:
    job(config, tune, trains=True, root=Tune)


def tune(settings: Tune, record: Record) -> None:
    """Draw and check every configuration before the first is trained."""
    own, shared = own_keys(settings), training_overrides(settings)
    jobs = {}
    for place, candidate in enumerate(settings.candidates or options("model")):
        generator = np.random.default_rng([settings.search_seed, place])
        words_of = [*shared, *words(candidate)]
        model = compose(words_of, own, record.folder)[1].choices["model"]
        tries = [draw(model, generator) if trial else [] for trial in range(settings.trials)]
        jobs[candidate] = [
            compose([*words_of, *drawn], own, record.folder / f"{place}-{trial}")
            for trial, drawn in enumerate(tries)
        ]
    from lrec.tuning import run  # after the check, which has to be quick

    run(settings, record, jobs)


def draw(model: str, generator: np.random.Generator) -> list[str]:
    """Overrides with values drawn at random from a model's search space.

    Random search finds as good settings as a grid with far fewer tries (Bergstra and Bengio 2012).
    A space is written as for Hydra's sweepers: `a,b,…`, `choice(…)`, `interval(low, high)`, and
    `tag(log, interval(low, high))` for values whose order of magnitude matters.

    Returns:
        Nothing for a model without a search space, which is tried as it is.

    Raises:
        ConfigError: the space is not written so.
    """
    file = CONF / "search" / f"{model}.yaml"
    if not file.is_file():
        return []
    space = OmegaConf.load(file)
    assert isinstance(space, DictConfig)
    return [_draw(str(key), str(said), generator) for key, said in space.items()]


def _draw(key: str, said: str, generator: np.random.Generator) -> str:
    """One override, with a value drawn from what a search space says of the key."""
    sweep: object = OverridesParser.create().parse_override(f"{key}={said}").value()
    if isinstance(sweep, ChoiceSweep):
        value = sweep.list[generator.integers(len(sweep.list))]
        return f"{key}={'null' if value is None else str(value).replace(' ', '')}"
    if isinstance(sweep, IntervalSweep) and sweep.start is not None and sweep.end is not None:
        log = "log" in sweep.tags
        bounds = [float(bound) for bound in (sweep.start, sweep.end)]
        drawn = generator.uniform(*(map(math.log, bounds) if log else bounds))
        return f"{key}={math.exp(drawn) if log else drawn:.3g}"
    raise ConfigError(
        f"conf/search/: {key} must be choice(…), interval(low, high) or tag(log, interval(low, "
        f"high)). Received: {said}"
    )
