"""Trials whose processes are gone, put back so that another process goes on with their runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lrec.commands.tune.budget import spent
from lrec.commands.tune.ownership import is_alive
from lrec.commands.tune.trials.attributes import (
    AFTER,
    AS_IT_IS,
    CURVE,
    ERROR,
    FOLDER,
    KILLS,
    OWNER,
    SEEN,
    SINCE,
    SPENT,
    VOID,
    WARM,
)

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from lrec.commands.tune.study import Study

KEPT = (
    AS_IT_IS,
    WARM,
    FOLDER,
    SPENT,
    CURVE,
)  # attributes that a trial has of the one it goes on with


def lost(study: Study) -> list[FrozenTrial]:
    """Trials whose processes are gone."""
    now, found = time.time(), []
    for trial in study.trials():
        if trial.state.name != "RUNNING" or VOID in trial.user_attrs:
            continue
        owner, seen = trial.user_attrs.get(OWNER), trial.user_attrs.get(SEEN, 0.0)
        if owner is None:  # not yet written, or its process was killed between two lines
            begun = trial.datetime_start
            owner, seen = "elsewhere:0:0", 0.0 if begun is None else begun.timestamp()
        if not is_alive(owner, seen, now):
            found.append(trial)
    return found


def take_over(study: Study) -> None:
    """Put trials of processes that are gone back in the queue.

    A trial that has made no progress since its process was last killed has failed.
    """
    for trial in lost(study):
        attributes = trial.user_attrs
        stuck = spent([trial])[1] <= attributes.get(SINCE, 0)
        if stuck and attributes.get(KILLS, 0):
            error = "its process was killed again: is there memory enough for it?"
            _end(study, trial, error)
        else:
            put_back(study, trial, 1)


def put_back(study: Study, trial: FrozenTrial, kills: int) -> None:
    """Let another trial go on with a trial's run, in its place.

    Args:
        kills: 1 if its process was killed, 0 if it was told to end.
    """
    attributes = trial.user_attrs
    if trial.number in {one.number for one in study.counted()}:  # else another was quicker
        params = trial.params if FOLDER in attributes else {}  # not all may have been drawn
        kept = {key: attributes[key] for key in KEPT if key in attributes}
        now = {KILLS: kills, SINCE: spent([trial])[1]}
        place = f"{AFTER}{trial.number}"
        study.offer(params, place, kept | now, trial.system_attrs)
    _end(study, trial, "its process was killed")


def _end(study: Study, trial: FrozenTrial, error: str) -> None:
    """End a trial of another process, unless one was quicker."""
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    storage, number = study.study._storage, trial._trial_id
    try:
        study.patiently(lambda: storage.set_trial_user_attr(number, ERROR, error))
        study.patiently(lambda: study.study.tell(trial.number, state=TrialState.FAIL))
    except (UpdateFinishedTrialError, ValueError):
        return
