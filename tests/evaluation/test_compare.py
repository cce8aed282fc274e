"""Comparisons of user tables: differences are detected where they are, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lrec.evaluation import statistics
from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import (
    BASELINE,
    BETTER,
    TOO_FEW,
    UNDECIDED,
    WORSE,
    Comparison,
)
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables, align_users
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.metric.mse import MSE
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.novelty import Novelty
from lrec.evaluation.resampling import products
from lrec.evaluation.statistics import holm, sign_flips

METRICS = {
    "ndcg": NDCG(),
    "novelty": Novelty(),
    "mse": MSE(),
    "item_coverage": ItemCoverage(),
}
BUCKETS = {"activity": Activity.names}
TAIL, TORSO, HEAD = Activity.names
N_ITEMS = 50


def table(
    values: np.ndarray, buckets: np.ndarray, seed: int = 0, **columns: np.ndarray
) -> pd.DataFrame:
    """A user table of an accuracy `(users,)`, with lists of random items."""
    generator = np.random.default_rng(seed)
    n = len(values)
    return pd.DataFrame(
        {
            "user": [f"u{i:05d}" for i in range(n)],
            "n_train": np.arange(n) % 7,
            "n_history": np.arange(n) % 7,
            "n_targets": np.ones(n, int),
            "personalised": True,
            "bucket/activity": buckets,
            "items": [
                [f"i{i}" for i in generator.choice(N_ITEMS, 10, replace=False)] for _ in range(n)
            ],
            "ndcg_at_10": values,
            **columns,
        }
    )


def buckets_of(n: int) -> np.ndarray:
    return np.array([TAIL, TAIL, TORSO, HEAD], object)[np.arange(n) % 4]


def accuracy(n: int, seed: int) -> np.ndarray:
    """Sparse hits, as rankings have them."""
    generator = np.random.default_rng(seed)
    return generator.random(n) * (generator.random(n) < 0.2)


def held(
    tables: Mapping[str, list[pd.DataFrame]], baseline: str = "base", resamples: int = 1000
) -> Comparison:
    models = [ModelTables(name, of, N_ITEMS) for name, of in tables.items()]
    return compare(models, baseline, "ndcg_at_10", METRICS, BUCKETS, resamples)


def test_values_and_differences_in_plain_python() -> None:
    n = 160
    buckets = buckets_of(n)
    base = [accuracy(n, 1), accuracy(n, 2)]
    other = [accuracy(n, 3), accuracy(n, 4)]
    comparison = held(
        {
            "other": [table(values, buckets) for values in other],
            "base": [table(values, buckets) for values in base],
        }
    )
    assert comparison.models == ["base", "other"]
    assert comparison.buckets == ["all", TAIL, TORSO, HEAD]
    users = [u for u in range(n) if buckets[u] == TAIL]
    row = comparison.row("other", "ndcg_at_10", TAIL)
    means = [sum(values[u] for u in users) / len(users) for values in other]
    of_base = sum(base[0][u] + base[1][u] for u in users) / 2 / len(users)
    assert row["users"] == len(users)
    assert row["value"] == pytest.approx(sum(means) / 2)
    assert (row["seeds_low"], row["seeds_high"]) == pytest.approx((min(means), max(means)))
    assert row["baseline"] == pytest.approx(of_base)
    assert row["difference"] == pytest.approx(sum(means) / 2 - of_base)
    assert row["low"] < row["difference"] < row["high"]
    first = comparison.row("base", "ndcg_at_10", TAIL)
    assert first["verdict"] == BASELINE
    assert first["difference"] is None
    assert first["value"] == pytest.approx(of_base)


def test_values_have_intervals_where_users_are_enough() -> None:
    """Near the normal approximation, of the primary metric and groups of 30 users only."""
    values = np.random.default_rng(3).random(400)
    buckets = np.array([TAIL] * 20 + [HEAD] * 380)
    noise = np.random.default_rng(4).random(400)
    tables = [table(values, buckets, novelty_at_10=noise), table(values[::-1], buckets)]
    tables[1]["novelty_at_10"] = noise
    models = [ModelTables(name, [t], N_ITEMS) for name, t in zip("ab", tables, strict=True)]
    comparison = compare(models, "a", "ndcg_at_10", METRICS, BUCKETS, 2000)
    row = comparison.row("a", "ndcg_at_10", HEAD)
    own = values[20:]
    half = 1.96 * own.std(ddof=1) / np.sqrt(len(own))
    assert row["value_low"] == pytest.approx(own.mean() - half, abs=0.1 * half)
    assert row["value_high"] == pytest.approx(own.mean() + half, abs=0.1 * half)
    for metric, bucket in (("ndcg_at_10", TAIL), ("novelty_at_10", HEAD)):
        assert comparison.row("a", metric, bucket)["value_low"] is None


def test_a_difference_in_one_bucket_is_found_there_and_nowhere_else() -> None:
    n = 4000
    buckets = buckets_of(n)
    base, other = accuracy(n, 1), accuracy(n, 2)
    other[buckets == TAIL] += 0.08
    comparison = held({"base": [table(base, buckets)], "other": [table(other, buckets)]})
    verdicts = {b: comparison.row("other", "ndcg_at_10", b)["verdict"] for b in comparison.buckets}
    assert verdicts == {"all": BETTER, TAIL: BETTER, TORSO: UNDECIDED, HEAD: UNDECIDED}
    comparison = held({"base": [table(other, buckets)], "other": [table(base, buckets)]})
    assert comparison.row("other", "ndcg_at_10", TAIL)["verdict"] == WORSE


def swapped(one: np.ndarray, two: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same lists, with the model that they are of drawn anew for each user."""
    swap = np.random.default_rng(seed).random(len(one)) < 0.5
    return np.where(swap, two, one), np.where(swap, one, two)


def test_swapped_labels_give_few_false_verdicts() -> None:
    """1,000 null experiments for each of four comparisons: all users and three buckets.

    Each may be called different in 5 % of them; 65 is the 98 % bound of that. Holm's correction
    keeps the experiments with any false verdict below the same share.
    """
    n, draws = 400, 1000
    buckets = buckets_of(n)
    pairs = [swapped(accuracy(n, 1), accuracy(n, 2), seed) for seed in range(draws)]
    differences = np.stack([two - one for one, two in pairs], axis=1)
    groups = [np.ones(n, bool), *(buckets == name for name in (TAIL, TORSO, HEAD))]
    p = np.stack([sign_flips(differences[users], 1000, seed=9) for users in groups], axis=1)
    assert ((p <= 0.05).sum(axis=0) <= 65).all()
    assert ((p <= 0.05).sum(axis=0) >= 20).all()  # and it is no test that never speaks
    assert sum((holm(row) <= 0.05).any() for row in p) <= 65


def test_swapped_labels_give_few_false_verdicts_in_words() -> None:
    n, draws = 200, 100
    buckets = buckets_of(n)
    metrics = {"ndcg": METRICS["ndcg"]}
    false = 0
    for seed in range(draws):
        one, two = swapped(accuracy(n, 1), accuracy(n, 2), seed)
        models = [
            ModelTables(name, [table(values, buckets)], N_ITEMS)
            for name, values in (("base", one), ("other", two))
        ]
        comparison = compare(models, "base", "ndcg_at_10", metrics, BUCKETS, 400)
        false += bool(set(comparison.rows["verdict"]) & {BETTER, WORSE})
    assert false <= 11  # 5 expected at most; more than 11 in one of 200 such tests


def test_a_metric_that_is_better_small_is_judged_the_other_way() -> None:
    n = 800
    buckets = buckets_of(n)
    generator = np.random.default_rng(0)
    errors = generator.random(n)
    base = table(accuracy(n, 1), buckets, mse=errors)
    other = table(accuracy(n, 1), buckets, mse=errors + generator.normal(0.1, 0.1, n))
    models = [ModelTables("base", [base], N_ITEMS), ModelTables("other", [other], N_ITEMS)]
    comparison = compare(models, "base", "mse", METRICS, BUCKETS, 500)
    assert comparison.row("other", "mse", "all")["verdict"] == WORSE
    assert comparison.directions["mse"] == -1


def test_only_the_primary_metric_gets_verdicts() -> None:
    n = 400
    buckets = buckets_of(n)
    base = table(accuracy(n, 1), buckets, novelty_at_10=np.zeros(n))
    other = table(accuracy(n, 1), buckets, novelty_at_10=np.ones(n))
    comparison = held({"base": [base], "other": [other]})
    row = comparison.row("other", "novelty_at_10", "all")
    assert (row["verdict"], row["p_holm"]) == ("", None)
    assert row["p"] == pytest.approx(1 / 1001)
    assert row["difference"] == 1


def test_holm_runs_over_models_and_buckets() -> None:
    n = 400
    buckets = buckets_of(n)
    tables = {name: [table(accuracy(n, seed), buckets)] for seed, name in enumerate("abc")}
    comparison = held(tables, baseline="a")
    tested = comparison.rows[
        (comparison.rows["metric"] == "ndcg_at_10") & (comparison.rows["model"] != "a")
    ]
    assert len(tested) == 2 * 4
    smallest = tested["p"].idxmin()
    assert tested.loc[smallest, "p_holm"] == pytest.approx(min(1, 8 * tested.loc[smallest, "p"]))


def test_three_users_are_too_few_for_a_verdict() -> None:
    n = 403
    buckets = buckets_of(n)
    buckets[:] = np.where(buckets == HEAD, TORSO, buckets)
    buckets[-3:] = HEAD
    comparison = held(
        {"base": [table(accuracy(n, 1), buckets)], "other": [table(accuracy(n, 2), buckets)]}
    )
    row = comparison.row("other", "ndcg_at_10", HEAD)
    assert row["users"] == 3
    assert row["verdict"] == TOO_FEW
    assert row["value"] is not None
    assert all(row[name] is None for name in ("difference", "low", "high", "p", "p_holm"))
    assert comparison.find("other", "item_coverage_sub_at_10", HEAD) is None


def test_set_metrics_are_of_equal_sized_samples() -> None:
    """Item coverage grows with the users it is over: tail has twice the users of the others."""
    n = 400
    buckets = buckets_of(n)
    tables = {
        "base": [table(accuracy(n, 1), buckets, seed=1)],
        "other": [table(accuracy(n, 2), buckets, seed=2)],
    }
    tables["other"][0]["items"] = pd.Series([[f"i{i}" for i in range(10)]] * n)
    comparison = held(tables)
    assert comparison.subsample == 50  # half of the smallest bucket
    for bucket in comparison.buckets:
        row = comparison.row("other", "item_coverage_sub_at_10", bucket)
        assert row["value"] == pytest.approx(10 / N_ITEMS)
        assert row["low"] <= row["high"] < 0
        assert row["difference"] == pytest.approx(row["value"] - row["baseline"])
        assert row["p"] is None
        assert row["verdict"] == ""
    tail, head = (
        comparison.row("base", "item_coverage_sub_at_10", b)["value"] for b in (TAIL, HEAD)
    )
    assert tail == pytest.approx(head, abs=0.02)


def test_users_without_a_value_are_left_out_of_pairs() -> None:
    n = 200
    buckets = buckets_of(n)
    generator = np.random.default_rng(0)
    errors = generator.random(n)
    errors[::2] = np.nan
    base = table(accuracy(n, 1), buckets, mse=errors)
    other = table(accuracy(n, 1), buckets, mse=errors + 1)
    comparison = held({"base": [base], "other": [other]})
    row = comparison.row("other", "mse", "all")
    assert row["users"] == n // 2
    assert row["difference"] == pytest.approx(1)
    assert row["value"] == pytest.approx(np.nanmean(errors) + 1)


def test_rows_in_another_order_change_nothing() -> None:
    n = 200
    buckets = buckets_of(n)
    base, other = table(accuracy(n, 1), buckets), table(accuracy(n, 2), buckets)
    comparison = held({"base": [base], "other": [other]})
    shuffled = other.sample(frac=1, random_state=1).reset_index(drop=True)
    again = held({"base": [base], "other": [shuffled]})
    pd.testing.assert_frame_equal(comparison.rows, again.rows)


def test_share_of_users_served_better_than_popularity() -> None:
    buckets = np.array([TAIL] * 4, object)
    popularity = table(np.array([0.5, 0.0, 0.2, 0.0]), buckets)
    model = table(np.array([0.6, 0.0, 0.1, 0.3]), buckets)
    comparison = held({"popularity": [popularity], "model": [model]}, baseline="popularity")
    assert comparison.served is not None
    row = comparison.served.set_index(["bucket", "model"]).loc[(TAIL, "model")]
    assert row.to_dict() == {"better": 0.5, "same": 0.25, "worse": 0.25}
    assert held({"base": [popularity], "model": [model]}).served is None


def test_shares_are_of_the_users_for_whom_the_metric_is_defined() -> None:
    buckets = np.array([TAIL] * 5 + [HEAD] * 2, object)
    values = [np.array([0.5, 0.0, 0.2, 0.0, np.nan, np.nan, np.nan])]
    values.append(values[0] + [0.1, 0.0, -0.1, np.nan, 0, 0, 0])
    popularity, model = (table(v, buckets) for v in values)
    served = held({"popularity": [popularity], "model": [model]}, baseline="popularity").served
    assert served is not None
    rows = served.set_index(["bucket", "model"])
    assert rows.loc[(TAIL, "model")].to_list() == pytest.approx([1 / 3] * 3)
    assert rows.sum(axis=1).to_list() == pytest.approx([1] * len(rows))
    assert HEAD not in served["bucket"].to_list()  # no user with a value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user": "stranger"}, ("different users", "0 of them the same")),
        ({"n_history": 99}, ("evaluated on different data", "n_history")),
    ],
)
def test_other_users_or_questions_are_refused(
    change: dict[str, object], words: tuple[str, ...]
) -> None:
    buckets = buckets_of(40)
    base = table(accuracy(40, 1), buckets)
    for_others = base.assign(**change)
    if "user" in change:
        for_others["user"] += for_others.index.astype(str)
    with pytest.raises(ComparisonError) as caught:
        align_users(
            [ModelTables("base", [base], N_ITEMS), ModelTables("other", [for_others], N_ITEMS)]
        )
    assert all(word in str(caught.value) for word in words)


def test_one_model_and_an_unknown_metric_are_refused() -> None:
    base = table(accuracy(40, 1), buckets_of(40))
    with pytest.raises(ComparisonError, match=r"needs two models\. Received: base"):
        held({"base": [base]})
    models = [ModelTables("base", [base], N_ITEMS), ModelTables("other", [base], N_ITEMS)]
    with pytest.raises(ComparisonError, match=r"ndcg_at_10\. Received: ndcg_at_5"):
        compare(models, "base", "ndcg_at_5", METRICS, BUCKETS)
    with pytest.raises(ComparisonError, match="Received: item_coverage_at_10"):
        compare(models, "base", "item_coverage_at_10", METRICS, BUCKETS)


def test_the_two_best_models_of_a_bucket_are_told_apart_only_where_they_differ() -> None:
    """`twin` differs from `best` by noise alone; both are far above the baseline."""
    n = 2000
    generator = np.random.default_rng(3)
    base, buckets = accuracy(n, 1), buckets_of(n)
    best = base + 0.1 + 0.05 * (buckets == HEAD)
    twin = base + 0.1 + 0.001 * generator.standard_normal(n)
    values = {"base": base, "best": best, "twin": twin}
    models = [ModelTables(name, [table(v, buckets)], N_ITEMS) for name, v in values.items()]
    result = compare(models, "base", "ndcg_at_10", METRICS, BUCKETS, 500)
    tail, head = result.leads[TAIL], result.leads[HEAD]
    assert {tail.first, tail.second} == {"best", "twin"}
    assert not tail.shown
    assert tail.low < 0 < tail.high
    assert (head.first, head.second, head.shown) == ("best", "twin", True)
    expected = (best - twin)[buckets == HEAD].mean()
    assert head.difference == pytest.approx(expected)
    alone = compare(models[:2], "base", "ndcg_at_10", METRICS, BUCKETS, 500)
    row = alone.row("best", "ndcg_at_10", TAIL)
    lead = alone.leads[TAIL]
    assert (lead.first, lead.second, lead.shown) == ("best", "base", True)
    assert (lead.difference, lead.low) == pytest.approx((row["difference"], row["low"]))


def test_a_lead_over_the_baseline_is_shown_as_its_verdict_is() -> None:
    n = 400
    base, buckets = accuracy(n, 1), buckets_of(n)
    tables = {"base": base, "noise": base + 0.3 * np.random.default_rng(1).standard_normal(n)}
    models = [ModelTables(name, [table(v, buckets)], N_ITEMS) for name, v in tables.items()]
    result = compare(models, "base", "ndcg_at_10", METRICS, BUCKETS, 500)
    for bucket, lead in result.leads.items():
        verdict = result.row("noise", "ndcg_at_10", bucket)["verdict"]
        assert lead.shown == (verdict in (BETTER, WORSE))


def test_users_are_resampled_once_a_bucket_for_all_models_and_metrics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twice with the sign flips: random weights take longer than what they are multiplied with."""
    calls: list[tuple[str, int]] = []

    def counted(columns: np.ndarray, *rest: Any) -> np.ndarray:
        calls.append((rest[-1].__name__, len(columns)))
        return products(columns, *rest)

    monkeypatch.setattr(statistics, "products", counted)
    n = 160
    noise = np.random.default_rng(5).random((4, n))
    held(
        {
            name: [table(accuracy(n, seed), buckets_of(n), novelty_at_10=noise[seed])]
            for seed, name in enumerate(("base", "one", "two", "three"))
        }
    )
    weights = ("resample_counts", "kept_signs")
    buckets = [(weights[0], users) for users in (n // 2, 40, 40)]  # how far they lie apart
    of_models = [(w, users) for w in weights for users in (n, n // 2, 40, 40)]
    assert sorted(calls) == sorted([*of_models, *buckets])


def test_only_other_orders_of_users_are_sorted() -> None:
    first, second = (table(accuracy(40, seed), buckets_of(40), seed) for seed in (1, 2))
    turned = second.iloc[::-1].reset_index(drop=True)
    models = [ModelTables("a", [first], N_ITEMS), ModelTables("b", [second, turned], N_ITEMS)]
    (own,), (same, sorted_) = align_users(models)
    assert own is first
    assert same is second
    pd.testing.assert_frame_equal(sorted_, second)
