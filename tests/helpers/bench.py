"""Every model on tiny data, for tests of whatever is done with models."""

from __future__ import annotations

import inspect
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from omegaconf import OmegaConf

from helpers.composing import checked, composed
from lrec.api.components import drawn_settings
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.cli.composer import HydraComposer
from lrec.commands.settings import RunSettings
from lrec.commands.tune.search_space import SearchSpace
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.testing import bench

# Where resumed training is always tested: random numbers, dropout layers, two policies of a game,
# a table that an epoch ends with.
EXACT = ("vae", "attention", "gan", "lightgcn", "popularity")
# Networks of which no other settings are trained: that takes seconds, and others are built alike.
SLOW = ("attention", "recvae")
# Keys by whose values a variant is known.
CHOICES = ("model", "model.objective", "model.interaction", "model.block")
# Arguments that make a network small, where a model has them.
SMALL = {
    "embedding_size": 8,
    "hidden_size": 16,
    "hidden_sizes": [16, 8],
    "latent_size": 4,
    "factors": 4,
}


def signature(name: str) -> tuple[Any, dict[str, Any]]:
    """A model's class and its arguments' types."""
    target: type[Model] = component_class("model", name)
    hints = get_type_hints(target.__init__)
    return target, {name: hints[name] for name in inspect.signature(target).parameters}


@cache
def variants() -> list[tuple[str, ...]]:
    """The overrides of every model, in each of its objectives, and in its other form."""
    overrides = []
    for name in options("model"):
        _, hints = signature(name)
        small = [f"model.{key}={SMALL[key]}" for key in SMALL if key in hints]
        objectives = get_args(hints.get("objective", Literal[""]))
        overrides += [
            (f"model={name}", *small, *([f"model.objective={o}"] if o else [])) for o in objectives
        ]
        if "interaction" in hints:
            by_user = ("model.interaction=product", "model.examples=users")
            overrides.append((f"model={name}", *small, *by_user))
        if "targets" in hints:
            own_history = ("model.block=wearec", "model.targets=last")
            overrides.append((f"model={name}", *small, *own_history))
    return overrides


def short(overrides: tuple[str, ...]) -> str:
    """A model and its objective or form."""
    chosen = (o.partition("=") for o in overrides)
    return "-".join(value for key, _, value in chosen if key in CHOICES)


def draws(overrides: tuple[str, ...]) -> list[list[str]]:
    """Settings of the search space of a model that is as it is, but for its size, which stays."""
    name, kept = overrides[0].partition("=")[2], {word.partition("=")[0] for word in overrides}
    if name in SLOW or any(key in kept for key in CHOICES[1:]):
        return []
    space = SearchSpace.of_model(name, HydraComposer())
    space = space.only([key for key in space.keys if key not in kept])
    config = composed(*overrides)
    return drawn_settings(space, {str(key): config[key] for key in config}, 1)


class Bench(bench.Bench):
    """A model of lrec on the tiny data."""

    def __init__(self, overrides: tuple[str, ...], tiny: Path, exact: bool = False) -> None:
        self.overrides = [
            *("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out"),
            *("schedule.epochs=2", "schedule.batch_size=32", *overrides),
        ]
        node = OmegaConf.to_container(composed(*self.overrides).model, resolve=True)
        assert isinstance(node, dict)
        exact = exact or short(overrides) in EXACT
        drawn = {" ".join(words): partial(self.parts, *words) for words in draws(overrides)}
        super().__init__(self.parts, {str(key): v for key, v in node.items()}, Ranker, exact, drawn)

    def parts(self, *more: str) -> RunSettings:
        """Checked settings, anew in each call."""
        return checked(composed(*self.overrides, *more))
