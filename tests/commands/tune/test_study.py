"""Studies: budgets that hold, trials that are taken over once, settings that do not repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.studies import NAME, SPACE, finish, lose, study_of
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.storages import InMemoryStorage

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.budget import Budget, spent
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.storage import open_storage
from lrec.commands.tune.study import Study, StudyTrial
from lrec.commands.tune.trials.study_trial import TakenOverError
from lrec.commands.tune.trials.taking_over import lost, take_over

FEW = SearchSpace({"model.window": Choice([7, 30, None])})


def all_of(study: Study) -> list[StudyTrial]:
    """The trials of one process that ends each with a value."""
    found = []
    while (trial := study.ask()) is not None:
        finish(trial)
        found.append(trial)
    return found


def test_first_trial_is_the_candidate_as_it_is() -> None:
    first, second, *_ = all_of(study_of(budget=Budget(3, None, None)))
    assert first.overrides == []
    assert first.trial.params == {"model.rate": 0.1, "model.size": "64"}  # the sampler is told
    assert [override.partition("=")[0] for override in second.overrides] == list(SPACE.keys)


def test_two_studies_draw_the_same_settings_whatever_their_names() -> None:
    one, two, other = (
        [trial.overrides for trial in all_of(study_of(name=name, seed=seed))]
        for name, seed in (("one", 0), ("two", 0), ("one", 1))
    )
    assert one == two != other
    assert len(one) == 10


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random", "grid"])
@pytest.mark.parametrize("kill", [0, 1, 4, 9])
def test_a_study_that_was_killed_draws_what_it_would_have_drawn(sampler: str, kill: int) -> None:
    whole = [trial.overrides for trial in all_of(study_of(sampler=sampler))]
    study, drawn = study_of(sampler=sampler), []
    while (trial := study.ask()) is not None:
        if len(drawn) == kill and trial.number == kill:
            lose(trial)
            continue
        finish(trial)
        drawn.append(trial.overrides)
    assert drawn == whole
    assert len(study.finished()) == 10


def test_a_trial_killed_before_its_settings_were_drawn_gets_the_same() -> None:
    whole = [trial.overrides for trial in all_of(study_of())]
    study = study_of()
    drawn = [trial.overrides for trial in (study.ask(), study.ask()) if trial and not finish(trial)]
    begun = study.study.ask()  # a process that was killed right behind it
    begun.set_user_attr("owner", "elsewhere:1:1")
    begun.suggest_float("model.rate", 0.001, 1.0, log=True)
    drawn += [trial.overrides for trial in all_of(study)]
    assert drawn == whole


def test_a_killed_trial_is_put_back_once_and_counts_once() -> None:
    study = study_of(budget=Budget(2, None, None))
    trial = study.ask()
    assert trial is not None
    trial.spend(7.0, 4, 1)
    lose(trial)
    assert not study.is_done()
    again = study.ask()
    assert again is not None
    assert again.number != trial.number
    assert again.overrides == trial.overrides == []
    assert spent(study.counted()) == (7.0, 4)
    take_over(study)  # another process sees it too late
    assert len(study.counted()) == 1
    with pytest.raises(TakenOverError):  # the first one was only thought to be gone
        trial.spend(9.0, 5, 1)
    finish(again)
    assert len(all_of(study)) == 1
    assert study.is_done()
    assert [one.state.name for one in study.finished()] == ["COMPLETE", "COMPLETE"]


def test_two_processes_that_find_the_same_lost_trial_go_on_with_it_once(tmp_path: Path) -> None:
    one, two = (study_of(open_storage(str(tmp_path / "journal"))) for _ in range(2))
    trial = one.ask()
    assert trial is not None
    lose(trial)
    (gone,) = lost(two)
    take_over(one)
    two.study.enqueue_trial({}, user_attrs={"place": f"after {gone.number}"})  # at the same time
    mine, yours = one.ask(), two.ask()
    assert mine is not None
    assert yours is not None
    assert mine.overrides == []
    assert yours.overrides != []
    assert len(one.counted()) == 2


def test_a_trial_whose_process_is_killed_again_without_progress_has_failed() -> None:
    study = study_of()
    for epochs in (0, 2, 2):  # it goes on with 2 epochs, and trains none
        trial = study.ask()
        assert trial is not None
        assert trial.overrides == []
        if epochs:
            trial.spend(1.0, epochs, 1)
        lose(trial)
    trial = study.ask()
    assert trial is not None
    assert trial.overrides != []
    (failed,) = study.finished()
    assert "killed again" in failed.user_attrs["error"]


def test_a_trial_that_is_told_to_end_waits_for_whoever_asks_next() -> None:
    study = study_of()
    for _ in range(4):  # as often as one likes
        trial = study.ask()
        assert trial is not None
        assert trial.overrides == []
        trial.release()
    assert study.counted()[0].state.name == "WAITING"
    assert [trial.state.name for trial in study.trials()].count("RUNNING") == 0


def test_a_model_without_a_space_is_trained_once() -> None:
    study = study_of(space=SearchSpace({}))
    assert [trial.overrides for trial in all_of(study)] == [[]]
    assert study.is_done()


def test_a_space_of_a_few_points_is_gone_through_without_repeating_one() -> None:
    study = study_of(space=FEW)
    assert study.known == {"model.window": "null"}  # as the candidate has it
    found = [trial.trial.params["model.window"] for trial in all_of(study)]
    assert found[0] == "null"
    assert sorted(found[1:]) == ["30", "7"]


def test_a_grid_ends_when_it_is_exhausted() -> None:
    space = SearchSpace({"model.rate": Interval(0.1, 1.0, False), "model.size": Choice([1, 2])})
    study = study_of(space=space, sampler="grid", budget=Budget(100, None, None))
    overrides = [tuple(trial.overrides) for trial in all_of(study)]
    assert len(overrides) == len(set(overrides)) == 1 + 5 * 2
    assert study.is_done()
    assert study.ask() is None


def test_a_budget_that_is_raised_goes_on() -> None:
    storage = InMemoryStorage()
    assert len(all_of(study_of(storage, budget=Budget(3, None, None)))) == 3
    assert len(all_of(study_of(storage, budget=Budget(3, None, None)))) == 0
    assert len(all_of(study_of(storage, budget=Budget(5, None, None)))) == 2


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=60), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_trials_hold_under_every_interleaving(steps: list[tuple[int, int]], limit: int) -> None:
    """Three workers begin, end, fail and are killed in any order; then one does what is left."""
    storage = InMemoryStorage()
    workers = [study_of(storage, budget=Budget(limit, None, None)) for _ in range(3)]
    at_work: dict[int, StudyTrial] = {}
    for worker, action in steps:
        trial = at_work.pop(worker, None)
        if trial is None:
            trial = workers[worker].ask()
            if trial is not None:
                at_work[worker] = trial
        elif action < 6:
            finish(trial)
        elif action == 6:
            trial.fail("diverged")
        elif action == 7:
            trial.release()
        else:
            lose(trial)
        assert len(workers[0].counted()) <= limit
    for trial in at_work.values():
        lose(trial)
    all_of(workers[0])
    counted = workers[0].counted()
    assert len(counted) == limit
    assert all(trial.state.is_finished() for trial in counted)
    assert sum("as_it_is" in trial.user_attrs for trial in counted) == 1


@given(st.lists(st.integers(0, 2), max_size=80), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_epochs_hold_under_every_interleaving(steps: list[int], limit: int) -> None:
    """A worker's step is an epoch: it is told of it, and asks whether there may be another."""
    storage = InMemoryStorage()
    workers = [study_of(storage, budget=Budget(None, None, limit)) for _ in range(3)]
    at_work: dict[int, list[Any]] = {}
    for worker in [*steps, *[0, 1, 2] * (2 * limit)]:
        if worker not in at_work:
            trial = workers[worker].ask()
            if trial is not None:
                at_work[worker] = [trial, 0]
            continue
        trial, epochs = at_work[worker]
        at_work[worker][1] = epochs = epochs + 1
        trial.spend(epochs / 10, epochs, 1)
        if trial.is_over_budget() or epochs == 4:
            trial.finish({NAME: 0.5}, None)
            del at_work[worker]
        assert spent(workers[0].counted())[1] <= limit
    assert not at_work
    assert workers[0].is_done()
    assert spent(workers[0].counted())[1] == limit


def test_seconds_end_trials_and_the_study() -> None:
    study = study_of(budget=Budget(None, 10.0, None))
    first, second = study.ask(), study.ask()
    assert first is not None
    assert second is not None
    first.spend(5.0, 1, 1)
    assert not first.is_over_budget()
    second.spend(5.5, 1, 1)
    assert first.is_over_budget()
    assert study.ask() is None


def test_a_study_without_a_search_is_not_begun_twice(tmp_path: Path) -> None:
    """Two processes that make it at the same time offer the same first trial."""
    one, two = (study_of(open_storage(str(tmp_path / "journal"))) for _ in range(2))
    two.offer({}, "as it is", {"as_it_is": []})
    found = [study.ask() for study in (one, two)]
    assert [trial.overrides == [] for trial in found if trial] == [True, False]
