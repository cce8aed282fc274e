"""Metrics of targets among drawn negatives: by plain Python, and beside the full ranking."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.fixed import Fixed, different_scores

from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.evaluation import sampled_ranking
from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.comparison.user_alignment import ComparisonError, metric_directions
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.metric import Metric
from lrec.evaluation.metric.hit import Hit
from lrec.evaluation.metric.mrr import MRR
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.novelty import Novelty
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.negative_sampling import Negatives
from lrec.evaluation.sampled_ranking import SampledRanking

METRICS: dict[str, Metric] = {
    "recall": Recall(),
    "ndcg": NDCG(),
    "hit": Hit(),
    "mrr": MRR(),
    "novelty": Novelty(),
}


def split_of(model: Fixed, n_history: int, targets: list[list[int]] | None = None) -> Split:
    """Histories and, unless they are given, a target for each user, all different."""
    n_users, n_items = model.scores.shape
    generator = np.random.default_rng(1)
    drawn = np.array([generator.permutation(n_items)[: n_history + 1] for _ in range(n_users)])
    targets = targets or drawn[:, -1:].tolist()
    user = np.arange(n_users, dtype=np.int32)
    history, target = (
        replace(Histories.of(rows), user=user) for rows in (drawn[:, :-1].tolist(), targets)
    )
    queries = Queries(history, history, target)
    names = np.array([f"u{code}" for code in user])
    return Split(history, queries, queries, model.catalogue, names, {})


def sampled(model: Fixed, split: Split, n: int, ks: list[int]) -> tuple[SampledRanking, Any]:
    evaluator = Evaluator(split, METRICS, {"activity": Activity()}, ks)
    ranking = SampledRanking(evaluator, Negatives(split.catalogue, n))
    ranker = evaluator.ranker(model)
    return ranking, ranking.extend(evaluator.test(ranker), ranker)


def test_a_target_is_ranked_among_its_own_negatives_and_a_user_is_the_mean_of_them() -> None:
    model = Fixed(different_scores(4, 40))
    outside = 40  # not in the catalogue: always missed, and so is what the user has already
    targets = [[1], [2, 3, 4, 2], [5, outside], [outside]]
    split = split_of(model, 2, targets)
    own = int(split.test.history.item[0])
    targets[0].append(own)
    split = split_of(model, 2, targets)
    ranking, result = sampled(model, split, 12, [3, 10])
    queries = sampled_ranking.distinct_targets(split.test)
    negatives = ranking.negatives(queries).tolist()
    ranks: list[list[float]] = [[] for _ in targets]
    pairs = zip(queries.target.row.tolist(), queries.target.item.tolist(), strict=True)
    for (user, item), others in zip(pairs, negatives, strict=True):
        scores = model.scores[user]
        missed = item == outside or (user, item) == (0, own)
        better = [other for other in others if not missed and scores[other] > scores[item]]
        ranks[user].append(math.inf if missed else 1 + len(better))
    assert [len(row) for row in ranks] == [2, 3, 2, 1]
    for k in (3, 10):
        for name, value in (
            ("hit", lambda rank: 1.0),
            ("recall", lambda rank: 1.0),
            ("ndcg", lambda rank: 1 / math.log2(rank + 1)),
            ("mrr", lambda rank: 1 / rank),
        ):
            expected = [np.mean([value(r) if r <= k else 0.0 for r in row]) for row in ranks]
            column = result.table[f"sampled_{name}_at_{k}"]
            np.testing.assert_allclose(column, expected)
            mean = result.values[f"sampled_{name}_at_{k}/all"]
            assert mean == pytest.approx(np.mean(expected))
    assert "sampled_novelty_at_3" not in result.table  # which does not ask for hits


def test_among_all_other_items_it_is_the_full_ranking_with_its_ties() -> None:
    generator = np.random.default_rng(0)
    model = Fixed(generator.integers(0, 4, (60, 30)))
    _, result = sampled(model, split_of(model, 9), 30 - 9 - 1, [3, 10])
    table = result.table
    for name in ("recall", "ndcg", "hit", "mrr"):
        for k in (3, 10):
            np.testing.assert_array_equal(table[f"sampled_{name}_at_{k}"], table[f"{name}_at_{k}"])
    for name, value in result.values.items():
        if name.startswith("sampled_"):
            assert value == result.values[name.removeprefix("sampled_")]


def test_random_scores_hit_in_ten_of_a_hundred_and_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Fixed(np.random.default_rng(2).random((3000, 250)))
    split = split_of(model, 5)
    ranking, result = sampled(model, split, 100, [10])
    expected = 10 / 101
    spread = math.sqrt(expected * (1 - expected) / 3000)
    assert abs(result.values["sampled_hit_at_10/all"] - expected) < 4 * spread
    assert result.values["hit_at_10/all"] < expected / 2
    monkeypatch.setattr(sampled_ranking, "ENTRIES", 5000)  # blocks of 49 users
    again = ranking.columns(ranking.evaluator.ranker(model))
    for name, values in again.items():
        np.testing.assert_array_equal(values, result.table[name])


def test_a_fallback_is_sampled_by_popularity_and_references_stand_beside() -> None:
    popularity = [5, 9, 1, 7, 3, 8, 2, 6, 4, 0]
    model = Fixed(different_scores(3, 10), popularity)
    model.scores_empty = False
    split = split_of(model, 1, [[1], [2], [8]])
    lengths = [1, 0, 0]
    empty = replace(split.test.history.keep(np.arange(3) < 1))
    queries = Queries(empty, empty, split.test.target)
    assert queries.history.lengths.tolist() == lengths
    split = replace(split, test=queries)
    ranking, result = sampled(model, split, 8, [1, 5])
    drawn = ranking.negatives(queries).tolist()
    for user, target in ((1, 2), (2, 8)):
        rank = 1 + sum(popularity[other] > popularity[target] for other in drawn[user])
        assert result.table["sampled_mrr_at_5"][user] == (1 / rank if rank <= 5 else 0)
    rows = ranking.extend_references({"popularity": {"ndcg_at_5/all": 0.5}, "bias": {}}, result)
    ranks = [
        1 + sum(popularity[other] > popularity[target] for other in others)
        for others, target in zip(drawn, [1, 2, 8], strict=True)
    ]
    expected = np.mean([1 / rank if rank <= 5 else 0 for rank in ranks])
    assert rows["popularity"]["sampled_mrr_at_5/all"] == pytest.approx(expected)
    assert rows["popularity"]["ndcg_at_5/all"] == 0.5
    assert rows["bias"] == {}  # it ranks nothing


def test_no_verdict_is_given_by_a_sampled_metric() -> None:
    model = Fixed(different_scores(4, 40))
    _, result = sampled(model, split_of(model, 2), 5, [10])
    directions = metric_directions(result.table, METRICS, "ndcg_at_10")
    assert "sampled_ndcg_at_10" in result.table
    assert not [name for name in directions if name.startswith("sampled_")]
    with pytest.raises(ComparisonError, match="Received: sampled_ndcg_at_10"):
        metric_directions(result.table, METRICS, "sampled_ndcg_at_10")
