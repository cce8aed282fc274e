"""Distances between groups of users: the definitions in plain Python, and bootstrap intervals."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from lrec.evaluation.bucket import Buckets
from lrec.evaluation.comparison.clusters import Part
from lrec.evaluation.comparison.fairness_comparison import compare_fairness
from lrec.evaluation.group_fairness import MEASURES, fairness_metrics, group_fairness
from lrec.evaluation.metric.arp import ARP
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.summary import summarise

SIZES = {"de": 60, "fr": 45, "jp": 30, "few": 29}
NAMES = np.repeat(list(SIZES), list(SIZES.values()))
GROUPS = {name: np.flatnonzero(name == NAMES) for name in SIZES}


def column(seed: int, holes: bool = True) -> np.ndarray:
    """Values of 0 or more that differ between groups; some are not defined."""
    generator = np.random.default_rng(seed)
    values = generator.random(len(NAMES)) * (1 + np.unique(NAMES, return_inverse=True)[1])
    if holes:
        values[GROUPS["fr"][:10]] = np.nan
    return values


def distances(means: list[float], direction: int) -> list[float]:
    """The definitions, word for word."""
    worst, best = (min(means), max(means))[::direction]
    apart = [abs(one - other) for one, other in combinations(means, 2)]
    return [max(apart), sum(apart) / len(apart), worst / best]


def plain_means(values: np.ndarray, names: list[str]) -> list[float]:
    means = []
    for name in names:
        own = [value for value in values[GROUPS[name]].tolist() if value == value]
        means.append(sum(own) / len(own))
    return means


@pytest.mark.parametrize("direction", [1, -1])
def test_distances_of_groups_of_thirty_or_more(direction: int) -> None:
    values = column(1)
    found = group_fairness(values[:, None], list(GROUPS.values()), [direction])
    expected = distances(plain_means(values, ["de", "fr", "jp"]), direction)  # fr has 35 values
    assert found.value[:, 0] == pytest.approx(expected)


def test_intervals_draw_users_within_their_groups() -> None:
    values = column(2)
    found = group_fairness(values[:, None], list(GROUPS.values()), [1], 4000)
    generator = np.random.default_rng(3)
    drawn = []
    for _ in range(4000):
        means = [np.nanmean(generator.choice(values[GROUPS[n]], SIZES[n])) for n in SIZES]
        drawn.append(distances(means[:3], 1))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    bounds = found.bounds()
    assert bounds[0][:, 0] == pytest.approx(low, abs=0.03)
    assert bounds[1][:, 0] == pytest.approx(high, abs=0.03)


def test_chance_makes_groups_differ_that_are_alike() -> None:
    values = np.random.default_rng(7).random(len(NAMES))
    found = group_fairness(values[:, None], list(GROUPS.values()), [1], 4000)
    generator = np.random.default_rng(8)
    drawn = []
    for _ in range(4000):  # anybody in any group
        means = [generator.choice(values, SIZES[name]).mean() for name in ("de", "fr", "jp")]
        drawn.append(distances(means, 1))
    assert found.by_chance[:, 0] == pytest.approx(np.mean(drawn, axis=0), rel=0.05)


def test_values_that_have_no_ratio_or_no_two_groups() -> None:
    values = np.stack([column(1), column(1) - 5, column(1) * 0, column(1)], axis=1)
    values[np.concatenate([GROUPS["fr"], GROUPS["jp"]]), 3] = np.nan
    found = group_fairness(values, list(GROUPS.values()), [0, 1, 1, 1])
    assert np.isnan(found.value).tolist() == [
        [False, False, False, True],
        [False, False, False, True],
        [True, True, True, True],  # undirected, negative, best is 0, one group
    ]


def test_a_bucketing_that_asks_has_them_among_its_metrics() -> None:
    table = pd.DataFrame({"n_targets": 1, "bucket/column": NAMES, "recall_at_5": column(4)})
    table["arp_at_5"] = column(5)
    label = np.array([list(SIZES).index(name) for name in NAMES])
    buckets = Buckets("column", tuple(SIZES), label, dict.fromkeys(SIZES, ""), False, True)
    metrics = {"recall": Recall(), "arp": ARP()}
    table["items"] = [np.array([1])] * len(table)
    values = summarise(table, metrics, [5], 3, [buckets])
    expected = distances(plain_means(column(4), ["de", "fr", "jp"]), 1)
    keys = [f"fairness/{measure}/recall_at_5/column" for measure in MEASURES]
    assert [values[key] for key in keys] == pytest.approx(expected)
    for key, value in zip(keys, expected, strict=True):
        measure = key.split("/")[1]
        low, high = (values[key.replace(measure, f"{measure}_{end}")] for end in ("low", "high"))
        assert low < value < high
    assert not [key for key in values if key.startswith(("fairness/ratio/arp", "gap/"))]
    silent = Buckets("column", tuple(SIZES), label, dict.fromkeys(SIZES, ""))
    others = summarise(table, metrics, [5], 3, [silent])
    assert not [key for key in others if key.startswith("fairness/")]
    assert fairness_metrics(table, {}, GROUPS, "column") == {}


def test_models_are_compared_on_the_same_samples() -> None:
    first = column(6, holes=False)
    values = np.array([[first, first], [first, 2 * first]]).swapaxes(1, 2)
    rows = compare_fairness(
        ["base", "other"],
        [Part(values[:, None], np.arange(len(NAMES)), GROUPS)],
        {"recall_at_5": 1, "mse": -1},
        {"column": list(SIZES), "none": ["few"]},
        500,
    )
    assert set(rows["bucketing"]) == {"column"}
    found = rows.set_index(["metric", "measure", "model"])
    same = found.loc[("recall_at_5", "difference", "other")]
    assert (same["difference"], same["difference_low"], same["difference_high"]) == (0, 0, 0)
    base, double = (found.loc[("mse", "difference", model)] for model in ("base", "other"))
    assert double["difference"] == pytest.approx(base["value"])
    assert double["difference_low"] == pytest.approx(base["low"], rel=1e-5)
    assert np.isnan(base["difference"])
    ratio = found.loc[("mse", "ratio", "other")]
    expected = distances(plain_means(first, ["de", "fr", "jp"]), -1)[2]
    assert ratio["value"] == pytest.approx(expected)
