"""The replay of a search on recorded trials: by hand, and the page."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import replay_tuning
from benchmarking import replay as replaying
from benchmarking.recorded import Recorded, places
from benchmarking.replay import Course, Method, replay
from benchmarking.replay_summary import area, best_so_far, budget_of, is_lost, spread, summarise
from benchmarking.trial_table import RecordedTrial, TrialTable
from optuna.samplers import BaseSampler

SPACE = {
    "model.rate": {"low": 1.0, "high": 100.0, "log": True},
    "model.kind": {"values": ["x", "y"]},
}
HEAD = {"data": "hand", "model": "made", "monitor": "val/ndcg_at_10/all", "epochs": 3,
        "grace_epochs": 1, "seed": 1}  # fmt: skip


def trial(rate: float, kind: str, values: list[float], **more: Any) -> RecordedTrial:
    """A trial with an evaluation a second, which takes the CPU two; the tail is the opposite."""
    count = len(values)
    curve = {
        "epoch": list(range(1, count + 1)),
        "seconds": [1.0 + n for n in range(count)],
        "cpu": [2.0 + 2 * n for n in range(count)],
        "all": values,
        "tail": [1 - value for value in values],
        "head": values,
    }
    params = {"model.rate": rate, "model.kind": kind}
    return RecordedTrial(**{"seed": 1, "as_it_is": False, "params": params, "curve": curve} | more)


def table_of(*trials: RecordedTrial, path: Path = Path("unused"), **head: Any) -> TrialTable:
    made_on = {"date": "2026-01-01", "machine": {"processor": "of the test"}}
    return TrialTable(path, {**HEAD, "space": SPACE, **head}, made_on, list(trials))


class Listed(BaseSampler):
    """Draws what it was told to, and keeps what it is told."""

    def __init__(self, draws: list[tuple[float, str]]) -> None:
        self.draws = draws
        self.told: list[tuple[dict[str, Any], str, list[float] | None]] = []

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
        return self.draws[trial.number - 1][["rate", "kind"].index(name.removeprefix("model."))]

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        self.told.append((trial.params, state.name, values))


def listed(monkeypatch: pytest.MonkeyPatch, *draws: tuple[float, str]) -> Listed:
    made = Listed(list(draws))
    monkeypatch.setattr(replaying, "sampler", lambda *_: made)
    return made


OWN = trial(10.0, "x", [0.1, 0.2, 0.3], as_it_is=True)
POOR = trial(100.0, "x", [0.05, 0.1, 0.2])
GOOD = trial(1.0, "y", [0.2, 0.1, 0.4])


def test_a_study_takes_the_nearest_untried_settings_and_prunes_those_that_lag_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sampler = listed(monkeypatch, (60.0, "x"), (60.0, "x"))
    recorded = Recorded(table_of(OWN, GOOD, POOR), ["all"], "seconds")
    course = replay(recorded, Method("random", pruner="halving", grace_epochs=1), 0, 100.0)
    assert course.order == [0, 2, 1]  # the second time only `GOOD` is left
    assert course.dropped == [2]
    assert course.seconds.tolist() == [1, 2, 3, 4, 5, 6, 7]  # two seconds of `POOR` are saved
    assert course.values[:, 0].tolist() == [0.1, 0.2, 0.3, 0.05, 0.2, 0.2, 0.4]
    assert course.ends == [2, 3, 6]
    assert [(params, state) for params, state, _ in sampler.told] == [
        (OWN.params, "COMPLETE"),
        (POOR.params, "PRUNED"),
        (GOOD.params, "COMPLETE"),
    ]
    best = best_so_far(course, recorded.finals, np.array([0.5, 1.0, 2.5, 4.5, 7.0]))
    assert math.isnan(best[0])
    assert best[1:].tolist() == [0.1, 0.2, 0.3, 0.4]
    drawn = best_so_far(course, recorded.finals, np.array([3.0, 4.5, 5.0, 7.0]), 1)
    assert math.isnan(drawn[0])
    assert drawn[1:].tolist() == [0.05, 0.2, 0.4]


def test_without_a_pruner_all_seconds_are_spent_until_the_budget_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed(monkeypatch, (60.0, "x"), (60.0, "x"))
    recorded = Recorded(table_of(OWN, GOOD, POOR), ["all"], "cpu")
    whole = replay(recorded, Method("random"), 0, 100.0)
    assert (whole.order, whole.dropped) == ([0, 2, 1], [])
    assert whole.seconds.tolist() == [2.0 * n for n in range(1, 10)]
    assert replay(recorded, Method("random"), 0, 7.0).order == [0, 2]
    assert replay(recorded, Method("random"), 0, 6.0).order == [0]


def test_a_run_that_failed_has_no_value_and_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = listed(monkeypatch, (60.0, "x"), (60.0, "x"))
    failed = trial(100.0, "x", [], error="no memory")
    recorded = Recorded(table_of(OWN, GOOD, failed), ["all"], "seconds")
    course = replay(recorded, Method("tpe", 1, "halving", 1), 0, 100.0)
    assert course.order == [0, 2, 1]
    assert [state for _, state, _ in sampler.told] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert course.seconds.tolist() == [1, 2, 3, 4, 5, 6]
    assert math.isnan(recorded.finals[2, 0])


def test_distances_are_sums_of_differences_of_all_values() -> None:
    space = table_of().space
    drawn, same_kind, same_rate = places(
        space,
        [
            {"model.rate": 10.0, "model.kind": "x"},
            {"model.rate": 100.0, "model.kind": "x"},
            {"model.rate": 10.0, "model.kind": "y"},
        ],
    )
    assert np.abs(drawn - same_kind).sum() == pytest.approx(0.5)  # of two orders of magnitude, one
    assert np.abs(drawn - same_rate).sum() == pytest.approx(1.0)
    numbers = table_of(space={"model.width": {"values": [32, 64, 128]}}).space
    width = places(numbers, [{"model.width": text} for text in ("32", "64", "128")])
    assert width[:, 0].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2", "grid"])
def test_all_samplers_try_each_recorded_setting_once(sampler: Any) -> None:
    generator = np.random.default_rng(0)
    drawn = [
        trial(float(rate), kind, [float(np.log(rate)) / 10])
        for rate, kind in zip(generator.uniform(1, 100, 9), "xy" * 5, strict=False)
    ]
    recorded = Recorded(table_of(OWN, *drawn), ["all"], "cpu")
    orders = [replay(recorded, Method(sampler, 3), seed, math.inf).order for seed in (0, 0, 1)]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    for order in orders:
        assert order[0] == 0
        assert sorted(order) == list(range(10))  # a grid of 5 × 2 has a place for each


def test_a_grid_ends_when_all_of_it_has_been_tried() -> None:
    space = {"model.kind": {"values": ["x", "y"]}}
    drawn = [trial(10.0, kind, [0.1]) for kind in "xyxyxy"]
    trials = [RecordedTrial(1, False, {"model.kind": t.params["model.kind"]}, t.curve)
              for t in drawn]  # fmt: skip
    recorded = Recorded(table_of(*trials, space=space), ["all"], "cpu")
    order = replay(recorded, Method("grid"), 0, math.inf).order
    assert len(order) == 3  # the model as it is, and both places
    assert {trials[place].params["model.kind"] for place in order[1:]} == {"x", "y"}


def test_tuning_finds_the_optimum_before_random_search_does() -> None:
    rates = np.geomspace(1, 100, 60)
    drawn = [trial(float(rate), "x", [1 - abs(float(np.log10(rate)) - 1.5)]) for rate in rates]
    recorded = Recorded(table_of(*drawn), ["all"], "cpu")
    random, tpe = (summarise(recorded, Method(name), 10) for name in ("random", "tpe"))
    assert budget_of(recorded) == 60  # of 60 trials of two seconds
    assert random.trials == tpe.trials == 30
    target = float(random.quartiles[1, -1])
    own, reached = random.reaches(target), tpe.reaches(target)
    assert own is not None
    assert reached is not None
    assert reached < own
    assert tpe.reaches(2.0) is None
    assert (random.at(1.0) == random.quartiles[:, -1]).all()


def test_a_winner_is_lost_if_it_was_pruned_before_its_best_epoch() -> None:
    late = trial(1.0, "y", [0.01, 0.02, 0.9])
    recorded = Recorded(table_of(OWN, late), ["all"], "cpu")
    pruned = Course(np.arange(4.0), np.array([[0.1], [0.2], [0.3], [0.01]]), [2, 3], [0, 1], [1])
    assert is_lost(pruned, 1, recorded)
    whole = Course(np.arange(6.0), np.arange(6.0)[:, None], [2, 5], [0, 1], [])
    assert not is_lost(whole, 1, recorded)
    (seen,) = (summarise(recorded, Method("random", pruner="halving", grace_epochs=1), 3),)
    assert seen.dropped in (0.0, 1.0)
    table = table_of(
        *(trial(10.0, "x", [v], as_it_is=True, seed=s) for s, v in ((1, 0.1), (2, 0.3)))
    )
    assert spread(Recorded(table, ["all"], "cpu")) == pytest.approx(0.2 / math.sqrt(2))


def test_two_objectives_are_measured_by_the_area_below_their_front() -> None:
    assert area(np.array([[2.0, 1.0], [1.0, 3.0], [0.5, 0.5]]), np.zeros(2)) == 4.0
    assert area(np.array([[math.nan, math.nan], [1.0, 1.0]]), np.zeros(2)) == 1.0
    finals = np.array([[0.0, 2.0], [2.0, 0.0], [1.0, 1.0]])
    course = Course(np.array([1.0, 2.0, 3.0]), finals[[0, 2, 1]], [0, 1, 2], [0, 2, 1], [])
    best = best_so_far(course, finals, np.array([0.0, 1.0, 2.0, 3.0]))
    assert best[1:].tolist() == [0.0, 1.0, 1.0]
    assert best_so_far(course, finals, np.array([1.0, 3.0]), 2)[1] == 0.0
    recorded = Recorded(table_of(OWN, GOOD, POOR), ["tail", "head"], "cpu")
    assert recorded.values[1].tolist() == [[0.8, 0.2], [0.9, 0.1], [0.9, 0.1]]  # the tail's best
    assert replay(recorded, Method("tpe", 1, "halving", 1), 0, 100.0).dropped == []


@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_page_is_written(tmp_path: Path, processes: str) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    others = [trial(float(rate), "x", [0.1, float(rate) / 100]) for rate in range(2, 12)]
    heads: dict[str, dict[str, Any]] = {
        "a": {},
        "b": {"model": "other", "epochs": None, "grace_epochs": None},
        "c": {"model": "warming", "grace_epochs": 3},  # as long as it is trained
    }
    for name, head in heads.items():
        table = table_of(OWN, path=tmp_path / f"{name}.jsonl", **head)
        for one in others:
            table.add(one)
    page = tmp_path / "tuning.md"
    page.write_text("before\n<!-- replay -->\nold\n<!-- end of replay -->\nafter\n")
    words = ["--folder", str(tmp_path), "--repetitions", "2"]
    assert replay_tuning.main([*words, "--least", "12"], page) == 1
    assert "old" in page.read_text()
    assert replay_tuning.main([*words, "--least", "11", "--processes", processes], page) == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- replay -->\n| model | data |")
    assert text.endswith("<!-- end of replay -->\nafter\n")
    assert (
        "2 repetitions; minutes and seconds of the CPU. Recorded 2026-01-01, of the test." in text
    )
    pruned, rest = text.split("#### other")
    whole, warming = rest.split("#### warming")
    own = replace(replay_tuning.TPE, pruner="halving", grace_epochs=1)
    assert f"| hand | **{own.name}** |" in pruned
    assert f"| hand | **tpe after {replay_tuning.STARTUP}** |" in warming
    assert "hyperband" not in whole.split("#### Tail and head")[0]
    assert f"| hand | **tpe after {replay_tuning.STARTUP}** |" in whole
    assert "| made | hand | nsga2 after 5 |" in warming
    for model in ("made", "other", "warming"):
        assert (tmp_path / "pictures" / f"replay_{model}.png").stat().st_size < 100_000


def test_the_pages_section_has_its_markers() -> None:
    text = replay_tuning.PAGE.read_text()
    assert text.count("<!-- replay -->") == text.count("<!-- end of replay -->") == 1
