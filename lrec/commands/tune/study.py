"""One candidate's study: trials that several processes take from one budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lrec.base.files import digest_of_values
from lrec.commands.tune.budget import Budget
from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.sampling import Pruner, Sampler, pruner, sampler
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.storage import PATIENCE, is_remote, patiently
from lrec.commands.tune.trials.attributes import (
    AFTER,
    AS_IT_IS,
    CURVE,
    FOLDER,
    MEASURED,
    PLACE,
    VOID,
)
from lrec.commands.tune.trials.counting import counted, origin, ranks
from lrec.commands.tune.trials.study_trial import StudyTrial
from lrec.commands.tune.trials.taking_over import lost, take_over

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

__all__ = ["AS_IT_IS", "CURVE", "FOLDER", "MEASURED", "Search", "Study", "StudyTrial"]
SMALL = 100  # points of a space without intervals that is gone through, and not drawn from
T = TypeVar("T")


@dataclass(frozen=True)
class Search:
    """The way in which a study looks for settings.

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

    Attributes:
        patience: seconds that its storage may be away.
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
        self.patience = PATIENCE
        self._is_remote = is_remote(storage)
        self.known = space.inside(config)
        self.study = self.patiently(
            lambda: optuna.create_study(
                storage=storage,
                study_name=name,
                directions=[objective.direction for objective in objectives],
                pruner=pruner(search.pruner, search.grace_epochs, search.epochs),
                load_if_exists=True,
            )
        )

    def offer_first(self) -> None:
        """Let the first trial be the candidate as it is."""
        if not self.trials():
            self.offer(self.known, "as it is", {AS_IT_IS: list(self.known)})

    @property
    def prunes(self) -> bool:
        """True if trials may be ended early: Optuna prunes by one objective only."""
        return self.search.pruner != "none" and len(self.objectives) == 1

    def ask(self) -> StudyTrial | None:
        """A trial to train next; None if the budget is spent, or nothing is left to be tried."""
        while True:
            take_over(self)
            trials = self.trials()
            if not self._is_left(trials):
                return None
            waiting = [trial for trial in trials if trial.state.name == "WAITING"]
            if not waiting and (points := self._points(trials)):
                number, params = points[0]
                self.offer(params, f"point {number}")
            index = ranks(trials)(waiting[0].number) if waiting else len(counted(trials))
            seed = int(digest_of_values([self.search.seed, index])[:8], 16)
            search = self.search
            self.study.sampler = sampler(search.sampler, search.startup_trials, seed)
            trial = StudyTrial(self, self.patiently(self.study.ask))
            if self._is_ours(trial.number):
                trial.draw()
                return trial
            trial.void("the budget was spent, or another process had its place")

    def is_done(self) -> bool:
        """True if no trial is left to be begun or to be gone on with."""
        return not lost(self) and not self._is_left(self.trials())

    def attribute(self, key: str, value: str) -> str:
        """An attribute of the study, which is set where there is none yet."""
        attributes = self.patiently(lambda: self.study.user_attrs)
        if key not in attributes:
            self.patiently(lambda: self.study.set_user_attr(key, value))
            attributes = self.patiently(lambda: self.study.user_attrs)
        return str(attributes[key])

    def patiently(self, call: Callable[[], T]) -> T:
        """The result of a call to the storage, see `lrec.commands.tune.storage.patiently`."""
        return patiently(call, self.patience, self._is_remote)

    def trials(self) -> list[FrozenTrial]:
        """All trials, as they are in the storage now."""
        return self.patiently(lambda: self.study.get_trials(deepcopy=False))

    def counted(self) -> list[FrozenTrial]:
        """Trials that count, see `lrec.commands.tune.trials.counting`."""
        return counted(self.trials())

    def finished(self) -> list[FrozenTrial]:
        """Counted trials that have ended."""
        return [trial for trial in self.counted() if trial.state.is_finished()]

    def offer(
        self,
        params: Mapping[str, Any],
        place: str,
        attributes: Mapping[str, Any] | None = None,
        of_sampler: Mapping[str, Any] | None = None,
    ) -> None:
        """Let a trial wait for a process.

        Args:
            params: of its own; the sampler draws what lacks.
            place: two processes may offer the same one, and the first trial in it counts.
            of_sampler: what a sampler keeps with a trial, such as its generation.
        """
        from optuna.trial import TrialState, create_trial

        waiting = create_trial(
            state=TrialState.WAITING,
            user_attrs={PLACE: place, **(attributes or {})},
            system_attrs={**(of_sampler or {}), "fixed_params": dict(params)},
        )  # as Study.enqueue_trial makes it
        self.patiently(lambda: self.study.add_trial(waiting))

    def _is_left(self, trials: Sequence[FrozenTrial]) -> bool:
        """True if a trial waits to go on with a run, or another may begin."""
        from optuna.trial import TrialState

        found = counted(trials)
        if any(trial.state == TrialState.WAITING for trial in found):
            return True
        points = self._points(trials)
        return not self.budget.is_spent(found) and (points is None or bool(points))

    def _points(self, trials: Sequence[FrozenTrial]) -> list[tuple[int, dict[str, Any]]] | None:
        """Points of the grid that nobody has begun, with their numbers; None if they are drawn.

        A space of a few points is gone through whatever the sampler, and no run is repeated.
        """
        if self.search.sampler != "grid" and self.space.size > SMALL:
            return None
        if not any(AS_IT_IS in trial.user_attrs for trial in counted(trials)):
            return [(-1, {})]  # the candidate as it is waits
        begun = {
            trial.user_attrs.get(PLACE)
            for trial in trials
            if VOID not in trial.user_attrs and trial.state.name != "WAITING"
        }
        return [
            (number, point)
            for number, point in enumerate(self.space.points(self.search.seed))
            if f"point {number}" not in begun and point != self.known
        ]

    def _is_ours(self, number: int) -> bool:
        """True if a trial that was just begun counts, and is none too many."""
        trials = self.trials()
        found = counted(trials)
        if not any(trial.number == number for trial in found):
            return False
        if trials[number].user_attrs.get(PLACE, "").startswith(AFTER):
            return True
        own = origin(trials, number)
        earlier = [trial for trial in found if origin(trials, trial.number) < own]
        return not self.budget.is_beyond(found, earlier)
