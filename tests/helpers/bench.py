"""One model on tiny data, for tests of whatever is done with models."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from omegaconf import OmegaConf

from helpers.cli import SilentCallback
from helpers.composing import checked, composed
from lrec.base.arrays import Array
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.commands.settings import RunSettings
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common import saving

# Where training that goes on is always tested: draws, dropout layers, players of a game.
EXACT = ("vae", "attention", "gan", "popularity")
# Arguments that make a network small, where a model has them.
SMALL = {"embedding_size": 8, "hidden_sizes": [16, 8], "latent_size": 4, "factors": 4}


def signature(name: str) -> tuple[Any, dict[str, Any]]:
    """A model's class and its arguments' types."""
    target: type[Model] = component_class("model", name)
    hints = get_type_hints(target.__init__)
    return target, {name: hints[name] for name in inspect.signature(target).parameters}


@cache
def variants() -> list[tuple[str, ...]]:
    """The overrides of every model, in each of its objectives."""
    found = []
    for name in options("model"):
        _, hints = signature(name)
        small = [f"model.{key}={SMALL[key]}" for key in SMALL if key in hints]
        objectives = get_args(hints.get("objective", Literal[""]))
        found += [
            (f"model={name}", *small, *([f"model.objective={o}"] if o else [])) for o in objectives
        ]
    return found


def short(overrides: tuple[str, ...]) -> str:
    """A model and its objective."""
    chosen = (o.partition("=") for o in overrides)
    return "-".join(value for key, _, value in chosen if key in ("model", "model.objective"))


class Keeper(SilentCallback):
    """Keeps every state of training, and begins with one."""

    def __init__(self, state: Mapping[str, Array] | None) -> None:
        self.begin = state
        self.states: list[Mapping[str, Array]] = []

    def save_state(self, state: Mapping[str, Array]) -> None:
        self.states.append(state)

    def load_state(self) -> Mapping[str, Array] | None:
        return self.begin


class Bench:
    """One model on the tiny data."""

    def __init__(self, overrides: tuple[str, ...], tiny: Path) -> None:
        self.overrides = [
            *("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out"),
            *("schedule.epochs=2", "schedule.batch_size=32", *overrides),
        ]
        self.overrides_of = overrides
        parts = self.parts()
        # of every training, by its seed and whether it began at the beginning
        self.states: dict[tuple[int, bool], list[Mapping[str, Array]]] = {}
        self.split: Split = parts.split(parts.dataset.load())

    def parts(self) -> RunSettings:
        self.config = composed(*self.overrides)
        return checked(self.config)

    @cache  # noqa: B019 - a bench lives as long as its tests
    def fitted(self, seed: int) -> Model:
        return self.fit(seed)

    def fit(self, seed: int, state: Mapping[str, Array] | None = None) -> Model:
        parts, callback = self.parts(), Keeper(state)
        parts.strategy.start()
        parts.model.fit(self.split, parts.schedule, parts.strategy, seed, callback)
        self.states[seed, state is None] = callback.states
        return parts.model

    @property
    def model(self) -> Model:
        return self.fitted(1)

    @property
    def histories(self) -> Histories:
        return self.split.test.history

    def save(self, folder: Path) -> Path:
        node = OmegaConf.to_container(self.config.model, resolve=True)
        assert isinstance(node, dict)
        saving.save(folder, self.model, {str(key): value for key, value in node.items()})
        return folder
