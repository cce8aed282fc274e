"""Fronts with intervals, and the settings of them that are looked at again."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.fronts import HEAD, SECONDS, TAIL, front_of, trial, users

from lrec.commands.tune.results.front import RESAMPLES, Front
from lrec.evaluation.statistics import paired


def test_the_front_is_of_trials_that_no_other_is_better_than_everywhere() -> None:
    front = front_of({0: users(0.2, 0.2), 1: users(0.3, 0.1), 2: users(0.1, 0.1),
                      3: users(0.3, 0.1), 4: users(0.1, 0.4)})  # fmt: skip
    assert [one.number for one in front.settings] == [1, 0, 4]  # of equal ones the first
    assert front.as_it_is is front.trials[0]


def test_a_smaller_cost_is_better() -> None:
    front = front_of({0: users(0.2, 0.2), 1: users(0.3, 0.2), 2: users(0.1, 0.2)}, (TAIL, SECONDS))
    assert [one.number for one in front.settings] == [1, 0]


def test_a_difference_has_the_interval_of_the_paired_bootstrap() -> None:
    one, other = users(0.30, 0.2, seed=1), users(0.28, 0.2, seed=2)
    front = front_of({0: other, 1: one})
    found = front.difference(front.trials[1], front.trials[0], TAIL)
    gains = (one["ndcg_at_10"] - other["ndcg_at_10"]).to_numpy(float)[:400]
    expected = paired(gains[:, None], RESAMPLES)
    assert found.value == pytest.approx(expected.mean[0], abs=1e-6)
    assert (found.low, found.high) == pytest.approx((expected.low[0], expected.high[0]), abs=1e-6)
    assert found.shown == 1
    assert front.difference(front.trials[0], front.trials[1], TAIL).shown == -1
    assert found.relative == pytest.approx(found.value / found.other)


def test_a_pruned_trial_and_costs_have_no_interval() -> None:
    tables = {0: users(0.2, 0.2), 1: users(0.3, 0.2)}
    whole = front_of(tables, (TAIL, SECONDS))
    cut = Front(whole.objectives, whole.trials, whole.as_it_is, {0: tables[0]})
    found = cut.difference(cut.trials[1], cut.trials[0], TAIL)
    assert found.value > 0
    assert np.isnan([found.low, found.high]).all()
    assert found.shown == 0
    cost = whole.difference(whole.trials[1], whole.trials[0], SECONDS)
    assert (cost.value, cost.shown) == (1.0, -1)  # eleven seconds instead of ten


def test_trials_of_other_users_are_not_paired() -> None:
    front = front_of({0: users(0.2, 0.2), 1: users(0.3, 0.1, n=300)})
    assert np.isnan(front.difference(front.trials[1], front.trials[0], TAIL).low)


def test_both_ends_and_what_adds_most_between_are_chosen() -> None:
    tables = {0: users(0.05, 0.05), 1: users(0.5, 0.1), 2: users(0.4, 0.4), 3: users(0.42, 0.2),
              4: users(0.1, 0.5)}  # fmt: skip
    assert [one.number for one in front_of(tables).chosen()] == [1, 2, 4]
    assert [one.number for one in front_of(tables, (TAIL,)).chosen()] == [1]
    assert front_of({0: users(0.5, 0.5), 1: users(0.1, 0.1)}).chosen() == []  # it is as it is


def test_a_trial_without_every_value_is_in_no_front() -> None:
    whole, part = trial(0, **{TAIL.name: 0.1, HEAD.name: 0.2}), trial(1, **{TAIL.name: 0.5})
    front = Front([TAIL, HEAD], [whole], whole, {})
    assert [one.number for one in front.settings] == [0]
    assert HEAD.name not in part.values
    assert Front([TAIL], [], None, {}).settings == []
