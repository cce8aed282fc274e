"""A trial of a study, while this process trains it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lrec.commands.tune.budget import written
from lrec.commands.tune.objectives import values_of
from lrec.commands.tune.ownership import own_name
from lrec.commands.tune.trials.attributes import (
    AS_IT_IS,
    CURVE,
    ENDED,
    ERROR,
    FOLDER,
    MEASURED,
    OWNER,
    SEEN,
    SPENT,
    VOID,
)
from lrec.commands.tune.trials.taking_over import put_back
from lrec.tracking import is_resumable

if TYPE_CHECKING:
    from optuna import Trial

    from lrec.commands.tune.study import Study

IMPATIENT = 5.0  # seconds that a storage may be away when this process is told to end
T = TypeVar("T")


class TakenOverError(RuntimeError):
    """A trial that another process goes on with, as this one was not heard of for long."""


class StudyTrial:
    """One trial, while it is trained.

    Args:
        trial: Optuna's.

    Attributes:
        overrides: that it is trained with.
        folder: of its run.
        resumed: True if the folder holds a run to go on with.
        curve: epoch, seconds and monitored value of each evaluation, also of the run's before.
    """

    overrides: list[str]

    def __init__(self, study: Study, trial: Trial) -> None:
        self.study = study
        self.trial = trial
        self.number = trial.number
        self.set(OWNER, own_name())
        self.beat(time.time())
        known = Path(trial.user_attrs.get(FOLDER, ""))
        self.resumed = FOLDER in trial.user_attrs and is_resumable(known)
        # A run may lie on another machine, or still be written by a process that was thought lost.
        self.folder = (known if self.resumed else study.folder / str(self.number)).absolute()
        curve = trial.user_attrs.get(CURVE) if self.resumed else None
        self.curve: list[list[float]] = json.loads(curve or "[]")
        self._reported: set[int] = set()

    @property
    def is_as_it_is(self) -> bool:
        """True for the candidate's own settings."""
        return AS_IT_IS in self.trial.user_attrs

    def draw(self) -> None:
        """Let the sampler choose settings, of which the candidate as it is tells it its own."""
        space = self.study.space
        if self.is_as_it_is:
            space = space.only(self.trial.user_attrs[AS_IT_IS])
        drawn = self._tell(lambda: space.suggest(self.trial))
        self.overrides = [] if self.is_as_it_is else drawn
        self.set(FOLDER, str(self.folder))

    def set(self, key: str, value: Any) -> None:
        """Keep an attribute in the storage.

        Raises:
            TakenOverError: another process has ended the trial.
        """
        self._tell(lambda: self.trial.set_user_attr(key, value))

    def beat(self, now: float) -> None:
        """Give a sign of life."""
        self.trial.set_user_attr(SEEN, now)

    def spend(self, seconds: float, epochs: int, step: int) -> None:
        """Count what training has taken so far against the budget.

        Args:
            step: epochs between evaluations.
        """
        self.set(SPENT, written(seconds, epochs, step))

    def report(self, value: float, epoch: int) -> None:
        """Report an evaluation to the pruner."""
        if self.study.prunes and epoch not in self._reported:
            self._reported.add(epoch)
            self._tell(lambda: self.trial.report(value, epoch))

    def keep_curve(self) -> None:
        """Keep all evaluations so far, for whoever goes on with the run."""
        self.set(CURVE, json.dumps(self.curve))

    def should_prune(self) -> bool:
        """True if the pruner would end the trial now; never the candidate as it is."""
        if not self.study.prunes or self.is_as_it_is:
            return False
        return bool(self.study.patiently(self.trial.should_prune))

    def is_over_budget(self) -> bool:
        """True if the budget does not allow for another evaluation."""
        budget = self.study.budget
        if budget.seconds is None and budget.epochs is None:
            return False
        return budget.is_over(self.study.counted(), self.number)

    def finish(self, measured: Mapping[str, float], reason: str | None) -> None:
        """End the trial with its values.

        Args:
            measured: validation metrics and costs.
            reason: it was ended early for; None where it was trained to its end.
        """
        from optuna.trial import TrialState

        self.set(MEASURED, json.dumps(dict(measured)))
        self.keep_curve()
        if reason is not None:
            self.set(ENDED, reason)
        values: Sequence[float] | None = values_of(self.study.objectives, measured)
        state = TrialState.COMPLETE
        if reason is not None and self.study.prunes:
            values, state = None, TrialState.PRUNED
        self._tell(lambda: self.study.study.tell(self.number, values, state, skip_if_finished=True))

    def fail(self, error: str) -> None:
        """End the trial without a value."""
        self._end(ERROR, error)

    def void(self, reason: str) -> None:
        """End the trial so that it does not count."""
        self._end(VOID, reason)

    def release(self) -> None:
        """Let whoever asks next go on with the trial, as this process was told to end.

        Where the storage is away, it is taken over like that of a killed process.
        """
        self.study.patience = IMPATIENT
        with contextlib.suppress(Exception):
            put_back(self.study, self.study.trials()[self.number], 0)

    def _end(self, key: str, text: str) -> None:
        from optuna.trial import TrialState

        self.set(key, text)
        self._tell(
            lambda: self.study.study.tell(self.number, state=TrialState.FAIL, skip_if_finished=True)
        )

    def _tell(self, call: Callable[[], T]) -> T:
        """The result of a call that changes the trial.

        Raises:
            TakenOverError: another process has ended it.
        """
        from optuna.exceptions import UpdateFinishedTrialError

        try:
            return self.study.patiently(call)
        except UpdateFinishedTrialError:
            raise TakenOverError("another process goes on with the trial") from None
