"""What models, schedules and strategies know of each other."""

from __future__ import annotations

from typing import Any, Protocol


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


class Schedule(Protocol):
    """How a model trains, as far as models need to know."""

    @property
    def batch_size(self) -> int:
        """Training examples a step."""

    def fit(self, network: Any, n_examples: int, seed: int, watch: Watch) -> None:
        """Train a Keras model on batches of example indices."""


class Strategy(Protocol):
    """Where a model trains, as far as models need to know."""

    @property
    def jit_compile(self) -> bool:
        """Whether XLA compiles training steps."""

    def scope(self) -> Any:
        """Context in which variables are created."""
