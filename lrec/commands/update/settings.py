"""The settings of `lrec update`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from lrec.base.errors import ConfigError
from lrec.commands.settings import RunSettings
from lrec.model.blend.blended import Blend


@dataclass(frozen=True)
class UpdateSettings(RunSettings):
    """The root of `conf/update.yaml`: the run's own config, and the feedback.

    Attributes:
        run: MLflow id of the run to go on from.
        feedback: path of the new interactions.
        epochs: at most, or None for a tenth of the run's, and the model's least at least.
        batch_size: examples a step, or None for the model's share of the run's, its `fine_tuning`.
        learning_rate: at the start, from which it falls to zero; None likewise.
        shrink: share of every weight of the model that training goes on from.
        retrain: whether to train from scratch too, and to compare.
        evaluate: whether to hold out a test and to compare; if not, all is learned from.
        resamples: of the bootstrap and of the sign flips.
    """

    run: str
    feedback: str
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    shrink: float
    retrain: bool
    evaluate: bool
    resamples: int

    file: ClassVar[str] = "conf/update.yaml"
    files: ClassVar[tuple[str, ...]] = ("feedback",)  # keys of files that have to exist

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be 1 or more, or null. Received: {value}")
        rate = self.learning_rate
        if rate is not None and not 0 < rate < math.inf:
            raise ConfigError(f"learning_rate must be positive, or null. Received: {rate}")
        if self.strategy.several:
            raise ConfigError(
                "lrec update trains in one process: choose another strategy. "
                f"Received: strategy={self.strategy.name}"
            )
        if not 0 <= self.shrink <= 1:
            raise ConfigError(f"shrink must be from 0 to 1. Received: {self.shrink}")
        if self.retrain and not self.evaluate:
            raise ConfigError(
                "retrain=true compares with a model from scratch, and evaluate=false has "
                "nothing to compare on: choose one. Received: retrain=true evaluate=false"
            )
        if self.retrain and isinstance(self.model, Blend):
            raise ConfigError(
                "a blend is not trained from scratch: leave out retrain=true, or train its members "
                f"on all data and lrec blend them. Received: retrain=true run={self.run}, a blend"
            )
        if self.resamples < 100:
            raise ConfigError(f"resamples must be 100 or more. Received: {self.resamples}")
