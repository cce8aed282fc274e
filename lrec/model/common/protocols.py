"""Protocols of training: what models, schedules, strategies and callbacks need of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lrec.base.arrays import Array


class Callback(Protocol):
    """Follows the training of a model: evaluates it, reports progress, keeps checkpoints."""

    @property
    def wants_steps(self) -> bool:
        """True if `on_step_end` is to be called."""

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        """Called after a step.

        Args:
            epoch: from 1.
            step: of the epoch, from 1.
            steps: number of steps in an epoch.
        """

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        """Called after an epoch that is to be evaluated.

        Args:
            epoch: from 1.
            loss: mean of the epoch.

        Returns:
            The monitored validation metric, signed so that more is better; NaN without one.
        """

    def say(self, text: str) -> None:
        """Show a line of the model's own, such as the memory that it takes."""

    def status(self, text: str) -> None:
        """Show a line that the next one replaces; on a terminal only."""

    def save_state(self, state: Mapping[str, Array]) -> None:
        """Save the state of training after an epoch, to resume from if it is killed."""

    def load_state(self) -> Mapping[str, Array] | None:
        """The state that was saved last, if training was killed and is to be resumed."""


class StatelessCallback:
    """Base of callbacks that save no state, and show nothing that a model says.

    Training starts at the beginning, unless a subclass has a state to load.
    """

    wants_steps = False

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def status(self, text: str) -> None:
        pass

    def save_state(self, state: Mapping[str, Array]) -> None:
        pass

    def load_state(self) -> Mapping[str, Array] | None:
        return None


def nothing() -> None:
    """Do nothing: the default end of a train step."""


@dataclass(frozen=True)
class TrainStep:
    """A network's share of an epoch. Most models have one; adversarial ones have several.

    Attributes:
        network: a Keras model that takes batches of example indices and has a loss.
        passes: number of passes over the examples in an epoch.
        on_end: called after them, and when training is resumed.
    """

    network: Any
    passes: int = 1
    on_end: Callable[[], None] = nothing


class Schedule(Protocol):
    """Trains the networks of a model.

    Attributes:
        batch_size: training examples a step.
    """

    batch_size: int

    def fit(
        self, train_steps: Sequence[TrainStep], n_examples: int, seed: int, callback: Callback
    ) -> None:
        """Train networks, one after the other in each epoch, on batches of example indices."""


class Strategy(Protocol):
    """Devices that a model trains on."""

    @property
    def jit_compile(self) -> bool:
        """True if XLA compiles training steps."""

    def scope(self) -> Any:
        """Context in which variables are created."""
