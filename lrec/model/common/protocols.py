"""What models, schedules and strategies know of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lrec.base.arrays import Array


class Callback(Protocol):
    """Who looks on while a model trains."""

    @property
    def wants_steps(self) -> bool:
        """Whether `step` is wanted."""

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        """A step of an epoch is done; all from 1."""

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        """An epoch is done, with this mean loss.

        Returns:
            The monitored validation metric, signed so that more is better; NaN without one.
        """

    def save_state(self, state: Mapping[str, Array]) -> None:
        """Training as it stands after an epoch, to go on from if it is killed."""

    def load_state(self) -> Mapping[str, Array] | None:
        """What `keep` was given last, if training was killed and is to go on."""


class StatelessCallback:
    """Of a watch: nothing is kept, and training starts at the beginning."""

    def save_state(self, state: Mapping[str, Array]) -> None:
        pass

    def load_state(self) -> Mapping[str, Array] | None:
        return None


def nothing() -> None:
    """What most turns end with."""


@dataclass(frozen=True)
class TrainStep:
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

    def fit(
        self, turns: Sequence[TrainStep], n_examples: int, seed: int, callback: Callback
    ) -> None:
        """Train networks, each in its turn, on batches of example indices."""


class Strategy(Protocol):
    """Where a model trains, as far as models need to know."""

    @property
    def jit_compile(self) -> bool:
        """Whether XLA compiles training steps."""

    def scope(self) -> Any:
        """Context in which variables are created."""
