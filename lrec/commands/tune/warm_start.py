"""Warm start: settings that were best in earlier studies of the same model are tried first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrec.commands.tune.search_space import overrides_of
from lrec.commands.tune.study import Study
from lrec.commands.tune.trials.attributes import AS_IT_IS, WARM

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

MODEL = "model"  # attribute of a study
TRIED = "warm_start"  # attribute of a study: names and gains of what it begins with, as JSON


@dataclass(frozen=True)
class Earlier:
    """A setting of an earlier study.

    Attributes:
        study: its name.
        gain: of the first objective over the study's candidate as it is, relative to that.
    """

    study: str
    params: dict[str, Any]
    gain: float


def warm_start(study: Study, model: str, n: int) -> None:
    """Let a new study begin with the n best settings of earlier ones, whatever their data.

    They come after the candidate as it is, and count as trials.

    Args:
        model: of the study's candidate.
    """
    if TRIED in study.patiently(lambda: study.study.user_attrs):
        return
    best = earlier(study, model)[:n]
    for number, one in enumerate(best):
        study.offer(one.params, f"warm {number}", {WARM: one.study})
    study.attribute(TRIED, json.dumps([[one.study, one.gain] for one in best]))


def earlier(study: Study, model: str) -> list[Earlier]:
    """Settings of other studies in a study's storage that were better than the candidate as it was.

    Only studies of the same model and the same keys count, and of their trials those that were
    trained to the end. The largest gain comes first, and none twice.
    """
    import optuna

    storage = study.study._storage
    found: list[Earlier] = []
    for summary in study.patiently(
        lambda: optuna.get_all_study_summaries(storage, include_best_trial=False)
    ):
        if summary.study_name != study.name and summary.user_attrs.get(MODEL) == model:
            name = summary.study_name
            found += _gains(study, name)
    found = [one for one in found if study.space.holds(one.params)]
    found.sort(key=lambda one: -one.gain)
    unique = {tuple(overrides_of(one.params)): one for one in reversed(found)}
    return [one for one in found if unique[tuple(overrides_of(one.params))] is one]


def warm_start_words(study: Study) -> str:
    """A line on what a study begins with; empty without a warm start."""
    tried = study.patiently(lambda: study.study.user_attrs).get(TRIED)
    if tried is None:
        return ""
    begun = json.loads(tried)
    if not begun:
        return "warm start: no earlier study of this model has better settings than it had"
    shown = ", ".join(f"{name!r} (+{100 * gain:.1f} %)" for name, gain in begun)
    return f"warm start: tried first are the best settings of earlier studies: {shown}"


def _gains(study: Study, name: str) -> list[Earlier]:
    """Gains of another study's trials."""
    import optuna
    from optuna.study import StudyDirection
    from optuna.trial import TrialState

    storage = study.study._storage
    other = study.patiently(lambda: optuna.load_study(study_name=name, storage=storage))
    sign = 1 if other.directions[0] == StudyDirection.MAXIMIZE else -1
    whole = [
        trial
        for trial in study.patiently(lambda: other.get_trials(deepcopy=False))
        if trial.state == TrialState.COMPLETE
    ]
    own = _own_value(whole)
    if not own:
        return []
    gains = [
        Earlier(name, dict(trial.params), sign * (trial.values[0] - own) / abs(own))
        for trial in whole
        if AS_IT_IS not in trial.user_attrs
    ]
    return [one for one in gains if one.gain > 0]


def _own_value(trials: Sequence[FrozenTrial]) -> float:
    """The value of the candidate as it was; 0 if it has none."""
    return next((float(t.values[0]) for t in trials if AS_IT_IS in t.user_attrs), 0.0)
