"""One model on small data, trained as often as its contract needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lrec.data.dataset import Dataset
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model import Model
from lrec.model.common import saving
from lrec.model.common.protocols import Schedule, Strategy

State = Mapping[str, Any]


class StartableStrategy(Strategy, Protocol):
    """A strategy as a run uses it."""

    def start(self) -> Any:
        """Occupy the devices, before a network is built."""


class TrainingSettings(Protocol):
    """The part of a run's checked settings that training needs."""

    dataset: Dataset
    model: Model
    schedule: Schedule
    strategy: StartableStrategy

    @property
    def split(self) -> Callable[[Any], Split]:
        """Split interactions."""


@contextmanager
def eager() -> Iterator[None]:
    """Run what TensorFlow would trace, operation by operation."""
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


class KeepStates:
    """A callback that keeps every state of training and starts from a given one."""

    wants_steps = False

    def __init__(self, start: State | None) -> None:
        self.start = start
        self.states: list[State] = []

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        raise AssertionError("steps are not requested")

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        return math.nan

    def say(self, text: str) -> None:
        pass

    def status(self, text: str) -> None:
        pass

    def save_state(self, state: State) -> None:
        self.states.append(state)

    def load_state(self) -> State | None:
        return self.start


@dataclass
class Bench:
    """A model's trainings, each done once.

    Args:
        settings: makes checked settings anew, with a model that is not trained. The ids of the
            data's users begin with `person-`, so that they can be recognised.
        node: the model's config, `_target_` and arguments.
        ranker: makes a ranker of a model and the length of its lists, such as
            `lrec.evaluation.ranking.Ranker`.
        exact: True if interrupted training is compared with uninterrupted training.
        drawn: the same as `settings` for settings of the model's search space, by their overrides.

    Attributes:
        name: of the model.
    """

    settings: Callable[[], TrainingSettings]
    node: dict[str, Any]
    ranker: Callable[[Model, int], Callable[[Queries], Any]]
    exact: bool = True
    drawn: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    # of every training, by its seed and True where it started afresh
    states: dict[tuple[int, bool], list[State]] = field(default_factory=dict)
    trained: dict[int, Model] = field(default_factory=dict)
    trained_eagerly: dict[int, Model] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.settings()
        self.name = settings.model.name
        self.split = settings.split(settings.dataset.load())

    def fit(self, seed: int, state: State | None = None) -> Model:
        """Train anew, or from the state of an interrupted training."""
        callback = KeepStates(state)
        model = self._fit(self.settings(), seed, callback)
        self.states[seed, state is None] = callback.states
        return model

    def fit_drawn(self, overrides: str) -> Model:
        """Train with settings of the search space."""
        return self._fit(self.drawn[overrides](), 1, KeepStates(None))

    def _fit(self, settings: TrainingSettings, seed: int, callback: KeepStates) -> Model:
        settings.strategy.start()
        settings.model.fit(self.split, settings.schedule, settings.strategy, seed, callback)
        return settings.model

    def fitted(self, seed: int) -> Model:
        """The model trained with a seed; the same object in every call."""
        if seed not in self.trained:
            self.trained[seed] = self.fit(seed)
        return self.trained[seed]

    def fitted_eagerly(self, seed: int) -> Model:
        """The same, with networks that run step by step: quicker than tracing for few steps."""
        if seed not in self.trained_eagerly:
            with eager():
                self.trained_eagerly[seed] = self.fit(seed)
        return self.trained_eagerly[seed]

    @property
    def model(self) -> Model:
        return self.fitted(1)

    @property
    def histories(self) -> Histories:
        return self.split.test.history

    def save(self, folder: Path) -> Path:
        """Save the model; returns the folder."""
        saving.save(folder, self.model, self.node)
        return folder
