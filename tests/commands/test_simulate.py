"""The feedback loop: two rounds in plain Python, what never happens, and the real command."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import Answer, CommandLine
from helpers.composing import checked, composed
from mlflow.entities import Run

from lrec import tracking
from lrec.base.arrays import Ints, nan_mean
from lrec.base.errors import DataError
from lrec.commands.runs.saved import held_out_split, other_references
from lrec.commands.settings import RunSettings
from lrec.commands.simulate.environment import (
    Environment,
    GroundTruthEnvironment,
    HeldOutEnvironment,
    uniform,
)
from lrec.commands.simulate.results import percentiles, summarise_rollouts, tabulate
from lrec.commands.simulate.retraining import RankingPolicy, popularity, refit, with_users
from lrec.commands.simulate.rollout import Policy, Rollout, random_policy, roll_out
from lrec.data.catalogue import Catalogue
from lrec.data.dataset.synthetic import Synthetic
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.data.split.user_holdout import UserHoldout
from lrec.evaluation.bucket import ALL
from lrec.model import Model
from lrec.reporting.terminal import Screen
from lrec.tracking import SavedRun

MASK = 2**64 - 1
ROUNDS, SHOWN, START, ACTIVE = 6, 5, 2, 5
MODELS = ("itemknn", "popularity", "vae")


def mix(x: int) -> int:
    """The finaliser of SplitMix64, on Python's integers."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def luck(seed: int, *keys: int) -> float:
    mixed = mix(seed)
    for key in keys:
        mixed = mix(mixed ^ key)
    return (mixed >> 11) / 2**53


def histories(rows: Sequence[Sequence[int]], users: Sequence[int]) -> Histories:
    """Rows whose ratings are the items' codes, and whose times rise."""
    plain = Histories.of(rows, [[float(item) for item in row] for row in rows])
    lengths = plain.lengths
    time = np.arange(len(plain.item)) - np.repeat(plain.offsets[:-1], lengths) + 100
    return replace(plain, user=np.array(users, np.int32), timestamp=time)


def three_people() -> Split:
    """Seven items, of which the last is in no training history; users 2, 3 and 4 are held out."""
    known = histories([[0, 1, 2], [3], [5, 0]], users=[2, 3, 4])
    target = histories([[3, 4, 6], [1, 2, 0], [6]], users=[2, 3, 4])
    queries = Queries(known, known, target)
    popularity = np.array([3, 2, 2, 1, 1, 1])
    return Split(
        train=histories([[0, 1, 2, 3], [0, 4, 5, 1], [0, 2]], users=[0, 1, 7]),
        validation=queries.take(np.arange(0)),
        test=queries,
        catalogue=Catalogue(
            ids=np.array([f"i{code}" for code in range(7)]),
            popularity=popularity,
            interactions=popularity,
            n_users=3,
        ),
        user_ids=np.array([f"u{code}" for code in range(8)]),
        counts={},
    )


def by_code(queries: Queries, turn: int) -> Ints:
    """The three items with the lowest codes that a user does not have."""
    has = [set(queries.history.take(np.array([row])).item.tolist()) for row in range(len(queries))]
    lists = [[item for item in range(6) if item not in seen][:3] for seen in has]
    return np.array([row + [-1] * (3 - len(row)) for row in lists], np.int32)


def rows_of(found: Histories) -> list[list[int]]:
    return [found.take(np.array([row])).item.tolist() for row in range(len(found))]


def test_uniform_numbers_are_those_of_a_plain_chain_of_splitmix() -> None:
    users, items = np.array([[0], [3]]), np.array([[5, 0], [2, 7]])
    found = uniform(11, 0, 4, users, items)
    assert found.tolist() == [
        [luck(11, 0, 4, user, item) for item in row]
        for (user,), row in zip(users.tolist(), items.tolist(), strict=True)
    ]
    many = uniform(0, np.arange(100_000))
    assert abs(many.mean() - 0.5) < 0.005
    assert abs(np.corrcoef(many[1:], many[:-1])[0, 1]) < 0.01


@pytest.mark.parametrize("seed", range(5))
def test_two_rounds_of_three_people_in_plain_python(seed: int) -> None:
    split = three_people()
    environment = HeldOutEnvironment(split, start=1, seed=seed)
    rollout = roll_out(environment, by_code, 2)

    people = {2: ([0], {1, 2, 3, 4, 6}), 3: ([3], {1, 2, 0}), 4: ([5], {0, 6})}
    first: dict[int, float] = dict.fromkeys(people, math.nan)
    active: list[list[bool]] = []
    for turn in (1, 2):
        for user, (has, wants) in people.items():
            shown = [item for item in range(6) if item not in has][:3]
            for rank, item in enumerate(shown, 1):
                if item in wants and luck(seed, 0, turn, user, item) < 1 / math.log2(rank + 1):
                    has.append(item)
                    if math.isnan(first[user]):
                        first[user] = turn
        active.append([len(has) >= 3 for has, _ in people.values()])

    assert rows_of(rollout.history) == [has for has, _ in people.values()]
    assert rollout.history.rating is not None
    assert rollout.history.timestamp is not None
    assert rollout.history.rating.tolist() == rollout.history.item.tolist()
    assert set(rollout.history.timestamp.tolist()) == {100}
    assert environment.limit.tolist() == [5, 4, 2]
    result = summarise_rollouts("x", [rollout], environment, {ALL: np.arange(3)}, active=3)
    assert result.activated.T.tolist() == active
    np.testing.assert_array_equal(result.first, list(first.values()))
    assert result.accepted[:, -1].tolist() == [len(has) - 1 for has, _ in people.values()]

    frame = tabulate([result], environment, {ALL: np.arange(3)}, 3, "x", 100)
    (row,) = frame.records("summary")
    hits = [turn for turn in first.values() if not math.isnan(turn)]
    assert row["first_hit"] == (pytest.approx(sum(hits) / len(hits)) if hits else None)
    assert row["never_hit"] == pytest.approx(1 - len(hits) / 3)
    assert row["activated"] == pytest.approx(sum(active[1]) / 3)
    assert row["attainable"] == pytest.approx(2 / 3)
    assert row["difference"] is None


def test_percentiles_are_middle_ranks() -> None:
    found = percentiles(three_people().catalogue)
    assert found.tolist() == pytest.approx([5.5 / 6, 4 / 6, 4 / 6, 1.5 / 6, 1.5 / 6, 1.5 / 6])


@pytest.fixture(scope="module")
def generated() -> Split:
    data = Synthetic(n_users=400, n_items=150, activity_median=6).load()
    return UserHoldout(validation=0.1, test=0.3, order="time")(data)


@pytest.fixture(scope="module")
def lived(generated: Split) -> Split:
    """The same people without their ground truth."""
    return replace(generated, truth=None)


def popular(split: Split) -> Policy:
    return RankingPolicy(popularity(split), SHOWN, split)


def chance(split: Split, seed: int = 0) -> Policy:
    return random_policy(split.catalogue.n_items, SHOWN, seed)


def pairs(row: Ints, item: Ints) -> set[tuple[int, int]]:
    return set(zip(row.tolist(), item.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("who", [popular, chance])
def test_nothing_outside_the_held_out_items_is_accepted(
    lived: Split, who: object, seed: int
) -> None:
    assert callable(who)
    environment = HeldOutEnvironment(lived, START, seed)
    rollout = roll_out(environment, who(lived), ROUNDS)
    test = lived.test
    own = pairs(test.train_history.row, test.train_history.item) | pairs(
        test.target.row, test.target.item
    )
    assert pairs(rollout.history.row, rollout.history.item) <= own
    assert rollout.accepted.any()
    assert (rollout.history.lengths <= environment.limit).all()


def before(environment: Environment, rollout: Rollout) -> Iterator[Histories]:
    """Histories before each round."""
    history = environment.start
    for shown, accepted in zip(rollout.shown, rollout.accepted, strict=True):
        yield history
        history = environment.grown(history, shown, accepted)
    yield history


@pytest.mark.parametrize("kind", [HeldOutEnvironment, GroundTruthEnvironment])
@pytest.mark.parametrize("who", [popular, chance])
def test_nobody_is_shown_what_he_has_and_histories_only_grow(
    generated: Split, kind: type[Environment], who: object
) -> None:
    assert callable(who)
    environment = kind(generated, START, 0)
    rollout = roll_out(environment, who(generated), ROUNDS)
    steps = list(before(environment, rollout))
    for old, new, shown in zip(steps, steps[1:], rollout.shown, strict=False):
        rows = np.repeat(np.arange(len(shown)), shown.shape[1])
        assert not pairs(rows, shown.ravel()) & pairs(old.row, old.item)
        assert all(len(set(row)) == SHOWN for row in shown.tolist())
        for one, two in zip(rows_of(old), rows_of(new), strict=True):
            assert two[: len(one)] == one
    assert rows_of(steps[-1]) == rows_of(rollout.history)
    assert all(len(set(row)) == len(row) for row in rows_of(rollout.history))
    assert rollout.history.rating is not None
    assert len(rollout.history.rating) == len(rollout.history.item)


def test_people_begin_with_the_earliest_of_the_fold_in_part(lived: Split) -> None:
    environment = HeldOutEnvironment(lived, START, 0)
    assert rows_of(environment.start) == [row[:START] for row in rows_of(lived.test.train_history)]


def test_same_seed_same_result_and_another_seed_another(generated: Split) -> None:
    results = [
        roll_out(GroundTruthEnvironment(generated, START, seed), popular(generated), ROUNDS)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(results[0].accepted, results[1].accepted)
    assert (results[0].accepted != results[2].accepted).any()


def test_random_control_is_the_same_in_every_run_and_fair(generated: Split) -> None:
    environment = GroundTruthEnvironment(generated, START, 0)
    one, two = (roll_out(environment, chance(generated), ROUNDS) for _ in range(2))
    np.testing.assert_array_equal(one.shown, two.shown)
    assert (one.shown[0] != one.shown[1]).any()
    counts = np.bincount(one.shown.ravel(), minlength=generated.catalogue.n_items)
    expected = one.shown.size / len(counts)
    assert abs(counts - expected).max() < 6 * expected**0.5


def test_random_control_runs_out_of_items() -> None:
    environment = HeldOutEnvironment(three_people(), 1, 0)
    items = random_policy(6, 6, 0)(
        Queries(environment.start, environment.start, environment.start), 1
    )
    assert [sorted(row) for row in items.tolist()] == [
        [-1, 1, 2, 3, 4, 5],
        [-1, 0, 1, 2, 4, 5],
        [-1, 0, 1, 2, 3, 4],
    ]
    assert set(items[:, -1].tolist()) == {-1}


def test_oracle_of_the_truth_is_taken_at_its_word_and_beats_chance(generated: Split) -> None:
    environment = GroundTruthEnvironment(generated, START, 0)
    oracle = other_references(generated, ["popularity"])["oracle"]
    rollout = {
        "oracle": roll_out(environment, RankingPolicy(oracle, SHOWN, generated), ROUNDS),
        "random": roll_out(environment, chance(generated), ROUNDS),
    }
    assert rollout["oracle"].accepted[:, :, 0].all()
    willing = environment.willingness(rollout["oracle"].shown[0], environment.start)
    np.testing.assert_allclose(willing[:, 0], 1)
    assert (np.diff(willing, axis=1) <= 1e-6).all()
    groups = {ALL: np.arange(len(generated.test))}
    seen = {
        name: summarise_rollouts(name, [p], environment, groups, ACTIVE)
        for name, p in rollout.items()
    }
    assert (seen["oracle"].activated >= seen["random"].activated).mean() > 0.99
    table = tabulate(list(seen.values()), environment, groups, ACTIVE, "random", 200)
    best = table.summary.set_index("model").loc["oracle"]
    assert best["low"] > 0.3
    assert best["low"] <= best["difference"] <= best["high"]
    assert best["first_hit"] == 1
    assert (table.rounds.loc[table.rounds["round"] == 1, "drift"] == 0).all()


def test_seeds_of_a_model_are_averaged_first(generated: Split) -> None:
    environment = GroundTruthEnvironment(generated, START, 0)
    groups = {ALL: np.arange(len(generated.test)), "few": np.arange(5)}
    rollouts = [roll_out(environment, chance(generated, seed), ROUNDS) for seed in (0, 1)]
    both = summarise_rollouts("x", rollouts, environment, groups, ACTIVE)
    apart = [
        summarise_rollouts("x", [rollout], environment, groups, ACTIVE) for rollout in rollouts
    ]
    for name in ("activated", "hit", "accepted", "popularity", "item_coverage", "gini"):
        mean = (getattr(apart[0], name) + getattr(apart[1], name)) / 2
        np.testing.assert_allclose(getattr(both, name), mean)
    np.testing.assert_array_equal(both.first, nan_mean(np.stack([a.first for a in apart]), axis=0))
    assert np.isnan(both.item_coverage[1]).all()
    assert not np.isnan(both.item_coverage[0]).any()


def test_retraining_sees_the_training_data_and_everything_accepted(generated: Split) -> None:
    seen: list[Split] = []

    def train(split: Split) -> Model:
        seen.append(split)
        return popularity(split)

    environment = GroundTruthEnvironment(generated, START, 0)
    rollout = roll_out(environment, RankingPolicy(popularity(generated), SHOWN, generated, train), 3)
    grown = list(before(environment, rollout))
    n_items = generated.catalogue.n_items
    assert len(seen) == 2
    for split, history in zip(seen, grown[1:], strict=False):
        inside = history.within(n_items)
        assert len(split.train.item) == len(generated.train.item) + len(inside.item)
        assert split.catalogue.interactions.sum() == len(split.train.item)
        assert split.train.timestamp is not None
        assert len(split.train.timestamp) == split.train.offsets[-1] == len(split.train.item)
        assert split.catalogue.n_users == len(split.train)
    assert len(seen[0].train.item) < len(seen[1].train.item)


def test_what_people_have_counts_once_each_as_popular() -> None:
    split = three_people()
    grown = with_users(split, histories([[0, 0, 6], [6], [5]], users=[2, 3, 4]))
    assert rows_of(grown.train) == [[0, 1, 2, 3], [0, 4, 5, 1], [0, 2], [0, 0], [5]]
    assert grown.train.user.tolist() == [0, 1, 7, 2, 4]
    assert (grown.catalogue.popularity - split.catalogue.popularity).tolist() == [1, 0, 0, 0, 0, 1]
    assert (grown.catalogue.interactions - split.catalogue.interactions).sum() == 3
    assert grown.catalogue.n_users == 5


def parts_with(*overrides: str) -> RunSettings:
    return checked(composed(*overrides))


@pytest.mark.parametrize("model", ["itemknn", "vae"])
def test_retraining_makes_another_model_and_leaves_the_first_alone(
    generated: Split, model: str
) -> None:
    parts = parts_with(f"model={model}", "schedule.epochs=1", "metric=ndcg")
    train = refit(parts, Screen())
    first = train(generated)
    environment = GroundTruthEnvironment(generated, START, 0)
    before = first.score(environment.start)
    ends = [
        roll_out(environment, RankingPolicy(first, SHOWN, generated, how), 2).shown
        for how in (None, train, train)
    ]
    np.testing.assert_array_equal(ends[0][0], ends[1][0])
    assert (ends[0][1] != ends[1][1]).any()
    np.testing.assert_array_equal(ends[1], ends[2])
    np.testing.assert_array_equal(first.score(environment.start), before)


def test_runs_without_held_out_users_are_refused() -> None:
    parts = parts_with("split=leave_one_out")
    with pytest.raises(DataError, match=r"^simulate asks .* Received: runs with split=leave_one_o"):
        held_out_split(parts, "simulate", "some run")


def test_runs_on_data_that_has_changed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parts_with("split=user_holdout", "dataset.n_users=100", "dataset.n_items=50")
    digest = parts.dataset.load().digest
    logged = SavedRun("some run", {}, {}, {}, "synthetic", digest[:32], 1.0)
    monkeypatch.setattr(tracking, "finished", lambda *_, **__: [logged])
    assert len(held_out_split(parts, "simulate", "some run").test)
    for other in (f"0{digest[:31]}", ""):
        logged = replace(logged, digest=other)
        with pytest.raises(DataError, match=r"has changed since.* Received: run=some run$"):
            held_out_split(parts, "simulate", "some run")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("rounds=0", "rounds must be 1 or more. Received: 0"),
        ("shown=0", "shown must be 1 or more. Received: 0"),
        ("active=2", "active must be more than start: .* Received: active=2, start=2"),
        (
            "split=leave_one_out",
            "people are to be unknown .* Received: split=leave_one_out .conf/split/.",
        ),
    ],
)
def test_what_cannot_be_simulated_is_told_in_one_line(
    tmp_path: Path, lrec: CommandLine, override: str, said: str
) -> None:
    answer = lrec(tmp_path, "simulate", "candidates=[popularity,itemknn]", override)
    assert answer.rc == 2
    assert re.search(f"^lrec: {said}$", answer.complaint)
    assert not (tmp_path / "mlflow.db").exists()


class Bench:
    """A folder with one MLflow store, for the real command."""

    def __init__(self, folder: Path, lrec: CommandLine) -> None:
        self.folder = folder
        self.lrec = lrec

    def __call__(self, *arguments: str) -> Answer:
        chosen = f"candidates=[{','.join(MODELS)}]"
        small = ("dataset.n_users=600", "dataset.n_items=300", "schedule.epochs=1", "metric=ndcg")
        return self.lrec(self.folder, "simulate", chosen, *small, "resamples=100", *arguments)

    def run(self) -> Run:
        """The simulation."""
        (run,) = mlflow.search_runs(
            experiment_names=["lrec"],
            filter_string="tags.`lrec.command` = 'simulate'",
            output_format="list",
        )
        assert isinstance(run, Run)
        return run

    def file(self, run: Run, name: str) -> Path:
        path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=name)
        return Path(path)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    lrec.give_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        yield Bench(folder, lrec)


@pytest.fixture(scope="module")
def answer(bench: Bench) -> Answer:
    return bench("rounds=4")


@pytest.fixture(scope="module")
def run(bench: Bench, answer: Answer) -> Run:
    assert answer.rc == 0, answer.err
    return bench.run()


@pytest.mark.slow
def test_command_keeps_table_document_and_page(bench: Bench, run: Run, answer: Answer) -> None:
    assert answer.err == ""
    table = pd.read_csv(bench.file(run, "simulate.csv"))
    assert set(table["model"]) == {*MODELS, "oracle", "random"}
    assert set(table["round"]) == {1, 2, 3, 4}
    assert {"all", "tail", "torso", "head"} <= set(table["bucket"])
    for name in ("activated", "hit", "accepted"):
        assert (table.groupby(["model", "bucket"])[name].diff().dropna() >= -1e-12).all()
    document = json.loads(bench.file(run, "simulate.json").read_text())
    assert document["answers"] == run.data.tags["lrec.answers"] == "ground truth"
    assert document["rounds"] == 4
    assert len(document["by_round"]) == len(table)
    assert {row["model"] for row in document["summary"]} == set(table["model"])
    page = bench.file(run, "simulate.html").read_text()
    assert "<svg" in page
    assert "lrec simulate candidates=[itemknn,popularity,vae]" in page
    assert not re.search(r"https?://|<script|\bnan\b|None", page)
    assert run.info.run_id in answer.out.splitlines()[-1]


@pytest.mark.slow
def test_command_logs_activation_by_round(bench: Bench, run: Run) -> None:
    table = pd.read_csv(bench.file(run, "simulate.csv"))
    client = mlflow.MlflowClient()
    for model in (*MODELS, "random"):
        steps = client.get_metric_history(run.info.run_id, f"simulate/activated/tail/{model}")
        rows = table[(table["model"] == model) & (table["bucket"] == "tail")]
        assert [step.step for step in steps] == rows["round"].to_list()
        assert [step.value for step in steps] == pytest.approx(rows["activated"].to_list())
