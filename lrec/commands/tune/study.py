"""One candidate's study: trials that several processes take from one budget."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.base.files import digest_of_values
from lrec.commands.tune.budget import Budget
from lrec.commands.tune.objectives import Objective, values_of
from lrec.commands.tune.ownership import is_alive, own_name
from lrec.commands.tune.sampling import Pruner, Sampler, pruner, sampler
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.storage import patiently

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

AS_IT_IS = "as_it_is"  # attribute of the trial without overrides: the keys of its known values
FOLDER = "folder"  # of a trial's run, which whoever takes it over goes on in
VOID = "void"  # attribute of a trial that does not count: another took its place, or the budget did
OWNER, SEEN = "owner", "seen"
MEASURED = "measured"  # validation metrics and costs, as JSON
CURVE = "curve"  # epoch, seconds and monitored value of each evaluation, as JSON


@dataclass(frozen=True)
class Search:
    """How a study looks for settings.

    Attributes:
        grace_epochs: epochs that no trial is pruned before.
        epochs: the most that a trial trains.
        seed: of the draws.
    """

    sampler: Sampler
    pruner: Pruner
    startup_trials: int
    grace_epochs: int
    epochs: int
    seed: int


class Study:
    """Trials of one candidate in a storage, which other processes may take trials from too.

    Args:
        name: in the storage; an existing study of this name is gone on with.
        space: of the candidate's model.
        objectives: the first is monitored.
        search: sampler and pruner.
        budget: of all trials together.
        config: of the candidate as it is, nested.
        folder: that trials' folders are made in.
    """

    def __init__(
        self,
        storage: BaseStorage,
        name: str,
        space: SearchSpace,
        objectives: list[Objective],
        search: Search,
        budget: Budget,
        config: Mapping[str, Any],
        folder: Path,
    ) -> None:
        import optuna

        self.name = name
        self.space = space
        self.objectives = objectives
        self.search = search
        self.budget = budget
        self.folder = folder
        self.study = patiently(
            lambda: optuna.create_study(
                storage=storage,
                study_name=name,
                directions=[objective.direction for objective in objectives],
                pruner=pruner(search.pruner, search.grace_epochs, search.epochs),
                load_if_exists=True,
            )
        )
        if self.prunes and not space.keys:
            self.study.pruner = optuna.pruners.NopPruner()
        self._enqueue_first(space.inside(config))

    @property
    def prunes(self) -> bool:
        """True if trials may be ended early: Optuna prunes by one objective only."""
        return self.search.pruner != "none" and len(self.objectives) == 1

    def ask(self) -> StudyTrial | None:
        """A trial to train next; None if the budget is spent, or nothing is left to be tried."""
        self.take_over()
        if self.budget.is_spent(self.counted()):
            return None
        number = 0 if self.search.sampler == "grid" else len(self.trials())  # a grid has one order
        seed = int(digest_of_values([self.search.seed, self.name, number])[:8], 16)
        self.study.sampler = sampler(
            self.search.sampler, self.space, self.search.startup_trials, seed
        )
        trial = patiently(self.study.ask)
        trial_of_study = StudyTrial(self, trial)
        if self.budget.is_beyond(self.counted(), trial.number) or self._is_over(trial):
            trial_of_study.void("the budget was spent meanwhile")
            return None
        return trial_of_study

    def attribute(self, key: str, value: str) -> str:
        """An attribute of the study, which is set where there is none yet."""
        attributes = patiently(lambda: self.study.user_attrs)
        if key not in attributes:
            patiently(lambda: self.study.set_user_attr(key, value))
            return value
        return str(attributes[key])

    def trials(self) -> list[FrozenTrial]:
        """All trials, as they are in the storage now."""
        return patiently(lambda: self.study.get_trials(deepcopy=False))

    def counted(self) -> list[FrozenTrial]:
        """Trials that count: not those whose place another took, nor those that still wait."""
        from optuna.trial import TrialState

        return [
            trial
            for trial in self.trials()
            if VOID not in trial.user_attrs and trial.state != TrialState.WAITING
        ]

    def finished(self) -> list[FrozenTrial]:
        """Counted trials that have ended."""
        return [trial for trial in self.counted() if trial.state.is_finished()]

    def take_over(self) -> None:
        """Put trials of processes that are gone back in the queue, with their runs to go on in.

        Of several processes that find the same one, one succeeds.
        """
        from optuna.trial import TrialState

        now = time.time()
        for trial in self.trials():
            if trial.state != TrialState.RUNNING or VOID in trial.user_attrs:
                continue
            owner, seen = trial.user_attrs.get(OWNER), trial.user_attrs.get(SEEN, 0.0)
            if owner is None:  # not yet written, or its process was killed between two lines
                begun = trial.datetime_start
                owner, seen = "elsewhere:0:0", 0.0 if begun is None else begun.timestamp()
            if not is_alive(owner, seen, now):
                self._put_back(trial)

    def _put_back(self, trial: FrozenTrial) -> None:
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        storage, number = self.study._storage, trial._trial_id
        try:
            storage.set_trial_user_attr(number, VOID, "its process was killed")
            patiently(lambda: self.study.tell(trial.number, state=TrialState.FAIL))
        except (UpdateFinishedTrialError, ValueError):
            return  # another process was quicker
        kept = {k: trial.user_attrs[k] for k in (AS_IT_IS, FOLDER) if k in trial.user_attrs}
        patiently(lambda: self.study.enqueue_trial(trial.params, user_attrs=kept))

    def _is_over(self, trial: Trial) -> bool:
        """True if a grid has been tried whole."""
        from optuna.samplers import GridSampler

        grid = self.study.sampler
        if not isinstance(grid, GridSampler) or AS_IT_IS in trial.user_attrs:
            return False
        return len(self.counted()) > len(grid._all_grids) + 1

    def _enqueue_first(self, params: dict[str, Any]) -> None:
        """Let the first trial be the candidate as it is."""
        if not self.trials():
            patiently(
                lambda: self.study.enqueue_trial(
                    params, user_attrs={AS_IT_IS: list(params)}, skip_if_exists=True
                )
            )


class StudyTrial:
    """One trial, while it is trained.

    Args:
        trial: Optuna's.

    Attributes:
        overrides: that it is trained with.
        folder: of its run; one that exists holds a run that was killed.
    """

    def __init__(self, study: Study, trial: Trial) -> None:
        self.study = study
        self.trial = trial
        self.number = trial.number
        self.set(OWNER, own_name())
        self.beat(time.time())
        known = trial.user_attrs.get(AS_IT_IS)
        space = study.space if known is None else study.space.only(known)
        drawn = patiently(lambda: space.suggest(trial))  # tells the sampler of a known value, too
        self.overrides = drawn if known is None else []
        self.folder = Path(trial.user_attrs.get(FOLDER, study.folder / str(trial.number)))
        self.set(FOLDER, str(self.folder.absolute()))

    def set(self, key: str, value: Any) -> None:
        """Keep an attribute in the storage."""
        patiently(lambda: self.trial.set_user_attr(key, value))

    def beat(self, now: float) -> None:
        """Give a sign of life."""
        self.trial.set_user_attr(SEEN, now)

    def report(self, value: float, epoch: int) -> None:
        """Report an evaluation to the pruner."""
        if self.study.prunes:
            patiently(lambda: self.trial.report(value, epoch))

    def should_prune(self) -> bool:
        """True if the pruner would end the trial now."""
        return self.study.prunes and bool(patiently(self.trial.should_prune))

    def finish(
        self, measured: Mapping[str, float], curve: Sequence[Sequence[float]], reason: str | None
    ) -> None:
        """End the trial with its values.

        Args:
            measured: validation metrics and costs.
            curve: epoch, seconds and monitored value of each evaluation.
            reason: it was ended early for; None where it was trained to its end.
        """
        from optuna.trial import TrialState

        self.set(MEASURED, json.dumps(dict(measured)))
        self.set(CURVE, json.dumps([list(row) for row in curve]))
        if reason is not None:
            self.set("ended", reason)
        values = values_of(self.study.objectives, measured)
        number = self.trial.number
        if reason is None or not self.study.prunes:
            patiently(lambda: self.study.study.tell(number, values, skip_if_finished=True))
        else:
            patiently(
                lambda: self.study.study.tell(
                    number, state=TrialState.PRUNED, skip_if_finished=True
                )
            )

    def fail(self, error: str) -> None:
        """End the trial without a value."""
        self._end("error", error)

    def void(self, reason: str) -> None:
        """End the trial so that it does not count."""
        self._end(VOID, reason)

    def _end(self, key: str, text: str) -> None:
        from optuna.trial import TrialState

        self.set(key, text)
        patiently(
            lambda: self.study.study.tell(
                self.trial.number, state=TrialState.FAIL, skip_if_finished=True
            )
        )
