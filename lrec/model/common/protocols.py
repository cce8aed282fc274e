"""What models, schedules and strategies know of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lrec.base.arrays import Array


class Watch(Protocol):
    """Who looks on while a model trains."""

    @property
    def live(self) -> bool:
        """Whether `step` is wanted."""

    def step(self, epoch: int, step: int, steps: int) -> None:
        """A step of an epoch is done; all from 1."""

    def epoch(self, epoch: int, loss: float) -> float:
        """An epoch is done, with this mean loss.

        Returns:
            The monitored validation metric, signed so that more is better; NaN without one.
        """

    def keep(self, state: Mapping[str, Array]) -> None:
        """Training as it stands after an epoch, to go on from if it is killed."""

    def kept(self) -> Mapping[str, Array] | None:
        """What `keep` was given last, if training was killed and is to go on."""


class Unkept:
    """Of a watch: nothing is kept, and training starts at the beginning."""

    def keep(self, state: Mapping[str, Array]) -> None:
        pass

    def kept(self) -> Mapping[str, Array] | None:
        return None


def nothing() -> None:
    """What most turns end with."""


@dataclass(frozen=True)
class Turn:
    """A network's part of an epoch. Most models are one network; players of a game are several.

    Attributes:
        network: a Keras model that takes batches of example indices and has a loss.
        passes: how often it goes over the examples.
        after: called when it has.
    """

    network: Any
    passes: int = 1
    after: Callable[[], None] = nothing


class Schedule(Protocol):
    """How a model trains, as far as models need to know."""

    def fit(self, turns: Sequence[Turn], n_examples: int, seed: int, watch: Watch) -> None:
        """Train networks, each in its turn, on batches of example indices."""


class Strategy(Protocol):
    """Where a model trains, as far as models need to know."""

    @property
    def jit_compile(self) -> bool:
        """Whether XLA compiles training steps."""

    def scope(self) -> Any:
        """Context in which variables are created."""
