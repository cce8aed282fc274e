"""The root of `conf/tune.yaml`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from omegaconf import DictConfig, ListConfig

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError, nearest
from lrec.commands.composing import key_of
from lrec.commands.settings import RunSettings
from lrec.commands.tune.budget import Budget
from lrec.commands.tune.objectives import COSTS, Objective
from lrec.commands.tune.sampling import Pruner, Sampler

NAME = re.compile(r"[\w-]+\.yaml")  # of a preset's file


@dataclass(frozen=True)
class TuneSettings(RunSettings):
    """The root of `conf/tune.yaml`.

    Attributes:
        candidates: models, presets or lists of overrides; None means every model.
        trials, seconds, epochs: the budget of each candidate; None does not bound it.
        objectives: what is optimised, the monitored metric first; None means that alone.
        sampler, pruner: see `lrec.commands.tune.sampling`.
        startup_trials: drawn at random before the sampler learns.
        grace_epochs: epochs that no trial is pruned before; None for those of its warm-up, and 3.
        search_seed: of the draws.
        workers: processes that train trials side by side.
        worker: number of a process that only trains trials; 0 is none of them.
        study: its name in the storage; None names it by all that decides its trials.
        storage: file or address of a database; None is the file of this folder.
        fresh: begin a new study.
        warm_start: settings of earlier studies that are tried first.
        confirm_seeds: that the winner and the candidate as it is are trained on.
        to: file that the winner is written to; None writes none.
    """

    candidates: list[str] | None
    trials: int | None
    seconds: float | None
    epochs: int | None
    objectives: list[str] | None
    sampler: Sampler
    startup_trials: int
    pruner: Pruner
    grace_epochs: int | None
    search_seed: int
    workers: int | Literal["auto"]
    worker: int
    study: str | None
    storage: str | None
    fresh: bool
    warm_start: int
    confirm_seeds: list[int]
    to: str | None

    file: ClassVar[str] = "conf/tune.yaml"

    @classmethod
    def stored(cls, config: DictConfig, overrides: Sequence[str]) -> DictConfig:
        """The config with a list of monitored metrics as objectives, the first one monitored."""
        if isinstance(config.get("monitor"), ListConfig):
            names = [str(name) for name in config.monitor]
            if not names:
                raise ConfigError("monitor must name one metric at least. Received: []")
            config.update({"objectives": names, "monitor": names[0]})
        return config

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_monitor()
        names = self.candidates
        if names is not None and not 0 < len(names) == len(set(names)):
            raise ConfigError(
                f"candidates must be different, one at least, or null. Received: {names}"
            )
        limits = {"trials": self.trials, "seconds": self.seconds, "epochs": self.epochs}
        for name, value in limits.items():
            if value is not None and not 0 < value < math.inf:
                raise ConfigError(f"{name} must be positive, or null. Received: {value}")
        if all(value is None for value in limits.values()):
            raise ConfigError("a study needs an end: set trials, seconds or epochs.")
        for name, least in (
            ("search_seed", 0),
            ("worker", 0),
            ("warm_start", 0),
            ("startup_trials", 1),
            ("grace_epochs", 1),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                words = "must not be negative" if least == 0 else "must be positive"
                raise ConfigError(f"{name} {words}. Received: {value}")
        if self.workers != "auto" and self.workers < 1:
            raise ConfigError(f"workers must be positive, or auto. Received: {self.workers}")
        if len(set(self.confirm_seeds)) < len(self.confirm_seeds) or min([0, *self.confirm_seeds]):
            raise ConfigError(
                f"confirm_seeds must be different, 0 or more. Received: {self.confirm_seeds}"
            )
        self._check_objectives()
        if self.to is not None:
            self._check_file(self.to)
        if self.strategy.several:
            raise ConfigError(
                f"strategy={self.strategy.name} is for one run at a time: tune with another, in "
                "processes side by side by workers=…"
            )

    @property
    def preset(self) -> Path | None:
        """The file that the winner's preset goes to, or None."""
        return None if self.to is None else Path(self.to).expanduser()

    def _check_file(self, to: str) -> None:
        names = self.candidates or options("model")
        if len(names) > 1:
            raise ConfigError(
                "to is for one winner, so name one candidate: their budgets are the same, but what "
                f"is best of {len(names)} is for lrec compare to say. Received: to={to}"
            )
        if not NAME.fullmatch(Path(to).name):
            raise ConfigError(
                f"to must end in a preset's file, letters, digits and _ with .yaml. Received: {to}"
            )

    def _check_objectives(self) -> None:
        names = self.objectives
        if names is None:
            return
        known = [*self.monitors, *COSTS]
        for name in names:
            if name not in known:
                raise ConfigError(
                    "monitor must name validation metrics that this config computes, or "
                    f"{' and '.join(COSTS)}{nearest(name, known)}. Received: {name}"
                )
        if len(set(names)) < len(names) or names[0] != self.monitor:
            raise ConfigError(
                "monitor must name different metrics, the first of them no cost, as training "
                f"stops by it. Received: {names}"
            )
        if self.pruner not in ("auto", "none") and len(names) > 1:
            raise ConfigError(
                f"several objectives are not pruned: use pruner=none. Received: {self.pruner}"
            )

    @property
    def goals(self) -> list[Objective]:
        """The objectives, the monitored one first."""
        names = self.objectives or [self.monitor]
        return [Objective(name, -1 if name in COSTS else self.sign_of(name)) for name in names]

    @property
    def budget(self) -> Budget:
        """The budget of each candidate."""
        return Budget(self.trials, self.seconds, self.epochs)

    @property
    def decisive(self) -> dict[str, Any]:
        """Everything of the search that decides which settings are tried."""
        return {
            "objectives": [objective.name for objective in self.goals],
            "sampler": self.sampler,
            "pruner": self.pruner,
            "startup_trials": self.startup_trials,
            "grace_epochs": self.grace_epochs,
            "search_seed": self.search_seed,
            "warm_start": self.warm_start,
        }


def of_training(overrides: Sequence[str], monitor: str) -> list[str]:
    """Overrides for a training run, which monitors one metric only."""
    return [
        f"monitor={monitor}" if key_of(override) == "monitor" else override
        for override in overrides
    ]
