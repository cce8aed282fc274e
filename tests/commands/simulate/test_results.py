"""Results of a simulation: popularity percentiles, intervals, and means over seeds."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.simulation import (
    ACTIVE,
    ROUNDS,
    SHOWN,
    START,
    random_items,
    three_users,
)

from lrec.base.arrays import nan_mean
from lrec.commands.runs.saved import other_references
from lrec.commands.simulate.environment import (
    GroundTruthEnvironment,
)
from lrec.commands.simulate.results import percentiles, summarise_rollouts, tabulate
from lrec.commands.simulate.retraining import RankingPolicy
from lrec.commands.simulate.rollout import roll_out
from lrec.data.queries import Split
from lrec.evaluation.bucket import ALL


def test_percentiles_are_middle_ranks() -> None:
    ranks = percentiles(three_users().catalogue)
    assert ranks.tolist() == pytest.approx([5.5 / 6, 4 / 6, 4 / 6, 1.5 / 6, 1.5 / 6, 1.5 / 6])


def test_oracle_is_accepted_at_rank_one_and_beats_random_items(generated: Split) -> None:
    environment = GroundTruthEnvironment(generated, START, 0)
    oracle = other_references(generated, ["popularity"])["oracle"]
    rollout = {
        "oracle": roll_out(environment, RankingPolicy(oracle, SHOWN, generated), ROUNDS),
        "random": roll_out(environment, random_items(generated), ROUNDS),
    }
    assert rollout["oracle"].accepted[:, :, 0].all()
    willing = environment.willingness(rollout["oracle"].shown[0], environment.start)
    np.testing.assert_allclose(willing[:, 0], 1)
    assert (np.diff(willing, axis=1) <= 1e-6).all()
    groups = {ALL: np.arange(len(generated.test))}
    results = {
        name: summarise_rollouts(name, [p], environment, groups, ACTIVE)
        for name, p in rollout.items()
    }
    assert (results["oracle"].activated >= results["random"].activated).mean() > 0.99
    table = tabulate(list(results.values()), environment, groups, ACTIVE, "random", 200)
    best = table.summary.set_index("model").loc["oracle"]
    assert best["low"] > 0.3
    assert best["low"] <= best["difference"] <= best["high"]
    assert best["first_hit"] == 1
    assert (table.rounds.loc[table.rounds["round"] == 1, "drift"] == 0).all()


def test_seeds_of_a_model_are_averaged_first(generated: Split) -> None:
    environment = GroundTruthEnvironment(generated, START, 0)
    groups = {ALL: np.arange(len(generated.test)), "few": np.arange(5)}
    rollouts = [roll_out(environment, random_items(generated, seed), ROUNDS) for seed in (0, 1)]
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
