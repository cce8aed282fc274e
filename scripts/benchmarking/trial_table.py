"""Recorded trials of one model on one data set: settings, and validation curves with seconds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lrec.base.files import write_text
from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.search_space import SearchSpace


@dataclass(frozen=True)
class RecordedTrial:
    """A training run.

    Attributes:
        seed: of the run.
        as_it_is: True of the model's own settings; `params` are those that lie in its space.
        params: drawn, as Optuna has them.
        curve: of each evaluation, by name: epoch, seconds and CPU seconds since training began,
            and the metric by group of users.
        stopped: the run's early stopping ended it.
        error: it failed with; empty if it did not.
    """

    seed: int
    as_it_is: bool
    params: dict[str, Any]
    curve: dict[str, list[float]]
    stopped: bool = False
    error: str = ""


@dataclass
class TrialTable:
    """The trials of a file: JSON, a line for what they share and a line for each of them.

    Attributes:
        head: all that the trials share; trials of another head do not belong to the table.
        made_on: machine, versions and day of the first trial.
    """

    path: Path
    head: dict[str, Any]
    made_on: dict[str, Any] = field(default_factory=dict)
    trials: list[RecordedTrial] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> TrialTable:
        first, *rest = (json.loads(line) for line in path.read_text().splitlines())
        return cls(path, first["head"], first["made_on"], [RecordedTrial(**one) for one in rest])

    def add(self, trial: RecordedTrial) -> None:
        """Add a trial; the file has it whole or not at all.

        Raises:
            RuntimeError: another process has added one.
        """
        if self.path.exists() and self.trials and self.path.read_text() != self._text():
            raise RuntimeError(
                f"{self.path} is written by another recording, too: stop one of both"
            )
        self.trials.append(trial)
        write_text(self.path, self._text())

    def _text(self) -> str:
        lines = [{"head": self.head, "made_on": self.made_on}, *map(asdict, self.trials)]
        return "".join(json.dumps(line) + "\n" for line in lines)

    @property
    def monitored(self) -> str:
        """The group of users whose metric is monitored."""
        return str(self.head["monitor"]).rpartition("/")[2]

    @property
    def drawn(self) -> list[RecordedTrial]:
        """The different settings: first the model as it is, then those that were drawn."""
        return [trial for trial in self.trials if trial.seed == self.head["seed"]]

    @property
    def again(self) -> list[RecordedTrial]:
        """The model as it is on every seed."""
        return [trial for trial in self.trials if trial.as_it_is]

    @property
    def space(self) -> SearchSpace:
        """The search space as it was when the trials were drawn."""
        return SearchSpace(
            {
                key: Choice(part["values"]) if "values" in part else Interval(**part)
                for key, part in self.head["space"].items()
            }
        )
