"""How far training has come: everything that it takes to go on, or to go back to the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lrec.base.arrays import Array
from lrec.model.common.protocols import TrainStep


class State:
    """Epochs done, the best evaluation so far, and the variables of all networks and optimizers.

    Random draws and the optimizers' steps are among the variables, and the order of the examples
    follows from the epoch.

    Args:
        kept: `arrays` of training that was killed, or None.
        turns: whose networks train.

    Attributes:
        epoch: epochs done.
        waited: evaluations since the best one.
        value: of the best evaluation.
        best: the weights at the best evaluation, a list for each network; empty without one.
    """

    def __init__(self, kept: Mapping[str, Array] | None, turns: Sequence[TrainStep]) -> None:
        self.kept = kept
        self.turns = turns
        self.epoch, self.waited, self.value = 0, 0, -math.inf
        self.best: list[list[Array]] = []
        if kept is not None:
            self.epoch, self.waited = int(kept["epoch"]), int(kept["waited"])
            self.value = float(kept["value"])

    def restore(self) -> None:
        """Take back what was kept. The optimizers have to be there."""
        if self.kept is None:
            return
        for name, variable in self._variables():
            variable.assign(self.kept[name])
        if math.isfinite(self.value):
            self.best = [
                [self.kept[f"{place}/best/{i}"] for i in range(len(turn.network.weights))]
                for place, turn in enumerate(self.turns)
            ]
        for turn in self.turns:
            turn.after()
        self.kept = None

    def evaluator(self, value: float) -> None:
        """Note what an evaluation said: NaN without one."""
        if math.isnan(value):
            return
        self.waited += 1
        if value > self.value:
            self.value, self.waited = value, 0
            self.best = [turn.network.get_weights() for turn in self.turns]

    def take_best(self) -> None:
        """Go back to the best weights, if there was an evaluation."""
        for turn, weights in zip(self.turns, self.best, strict=False):
            turn.network.set_weights(weights)

    def arrays(self) -> dict[str, Array]:
        """What `kept` has to be to go on from here."""
        best = {
            f"{place}/best/{i}": array
            for place, weights in enumerate(self.best)
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
            (f"{place}/{kind}/{i}", variable)
            for place, turn in enumerate(self.turns)
            for kind, owner in (("network", turn.network), ("optimizer", turn.network.optimizer))
            for i, variable in enumerate(owner.variables)
        ]
