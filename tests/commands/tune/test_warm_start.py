"""Warm start: the best settings of earlier studies, in their order."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from helpers.fronts import KEYS, finish, study_of
from optuna.storages import InMemoryStorage

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.study import Study
from lrec.commands.tune.trials.attributes import WARM
from lrec.commands.tune.warm_start import earlier, warm_start, warm_start_words


@pytest.fixture
def storage() -> InMemoryStorage:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return InMemoryStorage()


def train(study: Study, *values: float) -> list[dict[str, object]]:
    """Finish trials with these values, the first as it is; return the parameters of each."""
    for value in values:
        finish(study, value)
    return [dict(trial.params) for trial in study.trials()[: len(values)]]


def test_the_best_by_gain_over_their_own_candidate_come_first(
    storage: InMemoryStorage, tmp_path: Path
) -> None:
    small = train(
        study_of(storage, "small", tmp_path), 0.01, 0.02, 0.005, 0.012
    )  # +100 %, −, +20 %
    large = train(study_of(storage, "larger", tmp_path), 0.4, 0.6, 0.44)  # +50 %, +10 %
    train(study_of(storage, "of another model", tmp_path, "dae"), 0.1, 0.9)
    train(study_of(storage, "of other keys", tmp_path, **{"model.x": KEYS["model.x"]}), 0.1, 0.9)
    new = study_of(storage, "new", tmp_path)
    found = earlier(new, "vae")
    assert [one.params for one in found] == [small[1], large[1], small[3], large[2]]
    assert [one.gain for one in found] == pytest.approx([1.0, 0.5, 0.2, 0.1])
    warm_start(new, "vae", 3)
    warm_start(new, "vae", 3)  # another process
    tried = train(new, 0.1, 0.1, 0.1, 0.1, 0.1)
    assert tried[1:4] == [small[1], large[1], small[3]]
    assert [t.user_attrs.get(WARM) for t in new.trials()] == [
        None,
        "small",
        "larger",
        "small",
        None,
    ]
    assert len(new.counted()) == 5
    assert warm_start_words(new).endswith(
        "'small' (+100.0 %), 'larger' (+50.0 %), 'small' (+20.0 %)"
    )


def test_a_study_without_earlier_ones_says_so(storage: InMemoryStorage, tmp_path: Path) -> None:
    new = study_of(storage, "new", tmp_path)
    assert warm_start_words(new) == ""
    warm_start(new, "vae", 2)
    assert "no earlier study" in warm_start_words(new)
    train(new, 0.1)
    assert len(new.trials()) == 1


def test_pruned_and_failed_trials_and_the_candidate_as_it_was_are_no_settings(
    storage: InMemoryStorage, tmp_path: Path
) -> None:
    old = study_of(storage, "old", tmp_path)
    train(old, 0.1)
    trial = old.ask()
    assert trial is not None
    trial.fail("no memory")
    assert earlier(study_of(storage, "new", tmp_path), "vae") == []


def test_values_outside_of_the_space_are_left_out(storage: InMemoryStorage, tmp_path: Path) -> None:
    train(study_of(storage, "old", tmp_path), 0.1, 0.2)
    narrow = {"model.x": Interval(2.0, 3.0, False), "model.y": Choice([1, 2])}
    assert earlier(study_of(storage, "new", tmp_path, **narrow), "vae") == []
