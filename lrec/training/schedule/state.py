"""State of training: everything needed to resume it, or to return to its best evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lrec.base.arrays import Array
from lrec.model.common.protocols import TrainStep


class TrainingState:
    """Epochs done, the best evaluation so far, and the variables of all networks and optimizers.

    Random draws and the optimizers' steps are among the variables, and the order of the examples
    follows from the epoch.

    Args:
        saved: `arrays` of training that was killed, or None.
        train_steps: of the networks that train.

    Attributes:
        epoch: epochs done.
        waited: evaluations since the best one.
        value: the monitored metric of the best evaluation.
        best: the weights at the best evaluation, a list for each network; empty without one.
    """

    def __init__(self, saved: Mapping[str, Array] | None, train_steps: Sequence[TrainStep]) -> None:
        self.saved = saved
        self.train_steps = train_steps
        self.epoch, self.waited, self.value = 0, 0, -math.inf
        self.best: list[list[Array]] = []
        if saved is not None:
            self.epoch, self.waited = int(saved["epoch"]), int(saved["waited"])
            self.value = float(saved["value"])

    def restore(self) -> None:
        """Assign the saved variables, if there are any. The optimizers must exist."""
        if self.saved is None:
            return
        for name, variable in self._variables():
            variable.assign(self.saved[name])
        if math.isfinite(self.value):
            self.best = [
                [self.saved[f"{index}/best/{i}"] for i in range(len(step.network.weights))]
                for index, step in enumerate(self.train_steps)
            ]
        for step in self.train_steps:
            step.on_end()
        self.saved = None

    def record_evaluation(self, value: float) -> None:
        """Compare the monitored metric of an evaluation with the best so far; NaN is ignored."""
        if math.isnan(value):
            return
        self.waited += 1
        if value > self.value:
            self.value, self.waited = value, 0
            self.best = [step.network.get_weights() for step in self.train_steps]

    def restore_best(self) -> None:
        """Return to the weights of the best evaluation, if there was one."""
        for step, weights in zip(self.train_steps, self.best, strict=False):
            step.network.set_weights(weights)

    def arrays(self) -> dict[str, Array]:
        """The state by name, to be given as `saved`."""
        best = {
            f"{index}/best/{i}": array
            for index, weights in enumerate(self.best)
            for i, array in enumerate(weights)
        }
        numbers = {"epoch": self.epoch, "waited": self.waited, "value": self.value}
        return {
            **{name: np.asarray(variable) for name, variable in self._variables()},
            **best,
            **{name: np.array(number) for name, number in numbers.items()},
        }

    def _variables(self) -> list[tuple[str, Any]]:
        return [
            (f"{index}/{kind}/{i}", variable)
            for index, step in enumerate(self.train_steps)
            for kind, owner in (("network", step.network), ("optimizer", step.network.optimizer))
            for i, variable in enumerate(owner.variables)
        ]
