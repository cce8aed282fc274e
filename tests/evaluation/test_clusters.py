"""People who are users in several windows: one cluster each, of the mean over windows."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest

from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.comparison.clusters import Clusters
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import UNDECIDED, Comparison
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.statistics import bootstrap, detectable_effect, interval, sign_flips

METRICS = {"ndcg": NDCG(), "item_coverage": ItemCoverage()}
TAIL, TORSO, HEAD = Activity.names
Cells = dict[str, tuple[str, float]]  # user -> bucket and value


def table(cells: Cells, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    lists = [[f"i{i}" for i in generator.choice(50, 10, replace=False)] for _ in cells]
    return pd.DataFrame(
        {
            "user": list(cells),
            "n_train": 1,
            "n_history": 1,
            "n_targets": 1,
            "bucket/activity": [bucket for bucket, _ in cells.values()],
            "items": lists,
            "ndcg_at_10": [value for _, value in cells.values()],
        }
    )


def people_in(window: int) -> list[str]:
    """One person in two comes back in the next window, one in three in every window."""
    return [f"u{i:03d}" for i in range(240) if i % 3 == 0 or window in (i % 4, (i + i // 2) % 4)]


def drawn(model: int, window: int) -> Cells:
    """Values that depend on the person too; of some people, the bucket changes with the window."""
    generator = np.random.default_rng([model, window])
    cells = {}
    for user in people_in(window):
        taste = np.random.default_rng([model, int(user[1:])]).random()
        number = int(user[1:])
        bucket = TAIL if (number // 2 + (window if number % 5 == 0 else 0)) % 3 else HEAD
        cells[user] = (bucket, taste * generator.random() + 0.05 * model * window)
    return cells


WINDOWS = ["window 0", "window 1", "window 2"]
BASE = [drawn(1, window) for window in range(3)]
OTHER = [drawn(2, window) for window in range(3)]


def held(base: list[Cells], other: list[Cells], names: list[str] | None = None) -> Comparison:
    names = WINDOWS if names is None else names
    models = [
        ModelTables(name, [table(cells, seed=index)], 50 + index, part)
        for name, of in (("base", base), ("other", other))
        for index, (part, cells) in enumerate(zip(names, of, strict=True))
    ]
    return compare(models, "base", "ndcg_at_10", METRICS, {"activity": Activity.names}, 2000)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return held(BASE, OTHER)


def differences(bucket: str) -> list[dict[str, float]]:
    return [
        {u: two[u][1] - one[u][1] for u in one if bucket in ("all", one[u][0])}
        for one, two in zip(BASE, OTHER, strict=True)
    ]


@pytest.mark.parametrize("bucket", ["all", TAIL, HEAD])
def test_values_and_clusters_in_plain_python(comparison: Comparison, bucket: str) -> None:
    windows = differences(bucket)
    means = [sum(of.values()) / len(of) for of in windows]
    value = sum(means) / 3
    people = sorted(set().union(*windows))
    memberships = {sum(u in of for of in windows) for u in people}
    assert memberships == {1, 2, 3} or (bucket == HEAD and memberships == {1, 3})
    z = [
        value
        + len(people) / 3 * sum((of[u] - m) / len(of) for of, m in zip(windows, means, strict=True)
                                if u in of)
        for u in people
    ]  # fmt: skip
    y = [len(people) / 3 * sum(of[u] / len(of) for of in windows if u in of) for u in people]
    row = comparison.row("other", "ndcg_at_10", bucket)
    spread = statistics.stdev(z)
    assert row["users"] == len(people)
    assert row["difference"] == pytest.approx(value) == pytest.approx(sum(z) / len(z))
    assert sum(y) / len(y) == pytest.approx(value)
    assert row["effect_size"] == pytest.approx(value / spread)
    assert row["detectable"] == pytest.approx(spread * detectable_effect(len(people)))
    half = 1.96 * spread / math.sqrt(len(people))
    assert row["low"] == pytest.approx(value - half, abs=0.12 * half)
    assert row["high"] == pytest.approx(value + half, abs=0.12 * half)
    # Sign flips of y have a mean of 0 and a variance of Σ y².
    deviation = math.sqrt(sum(v * v for v in y)) / len(y)
    p = math.erfc(abs(value) / deviation / math.sqrt(2))
    assert row["p"] == pytest.approx(p, abs=0.03)
    own = [
        [two[u][1] for u in two if bucket in ("all", two[u][0])] for two in OTHER
    ]  # of each window
    of_windows = [sum(values) / len(values) for values in own]
    assert row["value"] == pytest.approx(sum(of_windows) / 3)
    assert row["baseline"] == pytest.approx(row["value"] - value)
    assert (row["seeds_low"], row["seeds_high"]) == pytest.approx(
        (min(of_windows), max(of_windows))
    )
    assert row["seeds_sd"] == pytest.approx(statistics.stdev(of_windows))


def test_the_interval_is_that_of_resampled_people(comparison: Comparison) -> None:
    """Drawn with all of their windows, and the means of windows taken anew, which is not linear."""
    windows = differences("all")
    people = sorted(set().union(*windows))
    values = np.array([[of.get(u, 0.0) for u in people] for of in windows])
    there = np.array([[u in of for u in people] for of in windows])
    generator = np.random.default_rng(0)
    drawn = [generator.integers(len(people), size=len(people)) for _ in range(2000)]
    means = [(values[:, d].sum(axis=1) / there[:, d].sum(axis=1)).mean() for d in drawn]
    low, high = np.percentile(means, [2.5, 97.5])
    row = comparison.row("other", "ndcg_at_10", "all")
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.06 * (high - low))


def test_the_same_users_again_are_no_new_people() -> None:
    """Two windows with the same answers say as much as one: neither intervals nor p shrink."""
    once = held(BASE[:1], OTHER[:1], [""])
    twice = held(BASE[:1] * 2, OTHER[:1] * 2, WINDOWS[:2])
    numbers = ["users", "value", "value_low", "value_high", "difference", "low", "high", "p"]
    numbers += ["effect_size", "detectable"]
    own, again = (c.rows[c.rows["metric"] == "ndcg_at_10"][numbers] for c in (once, twice))
    pd.testing.assert_frame_equal(own, again, rtol=1e-5)
    assert once.course is None
    assert twice.parts == WINDOWS[:2]
    sd = [c.row("other", "ndcg_at_10", "all")["seeds_sd"] for c in (once, twice)]
    assert sd == [None, 0]


def test_many_windows_of_the_same_noise_are_no_proof() -> None:
    """Counted as users of their own, twelve windows of chance would be a verdict."""
    noise = np.random.default_rng(5).normal(0, 0.15, 60)
    noise += 0.02 - noise.mean()
    base = {f"u{i}": (TAIL, 0.5) for i in range(60)}
    other = {user: (TAIL, 0.5 + gain) for user, gain in zip(base, noise, strict=True)}
    assert abs(noise.mean()) / (noise.std() / np.sqrt(12 * 60)) > 3
    comparison = held([base] * 12, [other] * 12, [f"window {w}" for w in range(12)])
    assert comparison.row("other", "ndcg_at_10", "all")["verdict"] == UNDECIDED


def test_people_who_return_are_found_different_by_chance_as_rarely_as_others() -> None:
    """300 null experiments over four windows, in which a person's gains have much in common.

    5 % of the intervals may miss 0, and 5 % of the tests may speak: 8 % are the 99 % bound of that.
    If each return were another person, the test would speak twice as often.
    """
    generator = np.random.default_rng(1)
    missed, found, naive = 0, 0, 0
    for seed in range(300):
        taste = generator.normal(0, 0.2, 150)
        persons = [
            np.flatnonzero(generator.random(150) < share) for share in (0.15, 0.35, 0.55, 0.75)
        ]
        parts = [(taste[who] + generator.normal(0, 0.2, len(who)))[:, None] for who in persons]
        scores, flipped = Clusters.of(persons).scores(parts)
        low, high = interval(bootstrap(scores, 400, seed))
        missed += not low[0] <= 0 <= high[0]
        found += sign_flips(flipped, 400, seed)[0] <= 0.05
        naive += sign_flips(np.vstack(parts), 400, seed)[0] <= 0.05
    assert missed <= 24
    assert found <= 24
    assert naive > 24


def test_distances_between_groups_are_of_means_over_windows(comparison: Comparison) -> None:
    """With intervals by people, of whom some are in the tail of one window and the head of another.

    `numpy` draws the people here, and the means of windows are taken anew.
    """
    rows = {(row["model"], row["measure"]): row for row in comparison.fairness_records}
    tail, head = (comparison.row("other", "ndcg_at_10", b)["value"] for b in (TAIL, HEAD))
    own = rows["other", "difference"]
    assert own["value"] == pytest.approx(abs(tail - head))
    assert rows["other", "ratio"]["value"] == pytest.approx(min(tail, head) / max(tail, head))
    base = rows["base", "difference"]
    assert own["difference"] == pytest.approx(own["value"] - base["value"])
    people = sorted(set().union(*OTHER))
    values = np.array([[of.get(u, (TAIL, 0.0))[1] for u in people] for of in OTHER])
    inside = {b: np.array([[u in of and of[u][0] == b for u in people] for of in OTHER])
              for b in (TAIL, HEAD)}  # fmt: skip
    generator, drawn = np.random.default_rng(0), []
    for _ in range(2000):
        who = generator.integers(len(people), size=len(people))
        means = [
            ((values * of)[:, who].sum(axis=1) / of[:, who].sum(axis=1)).mean()
            for of in inside.values()
        ]
        drawn.append(abs(means[0] - means[1]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert (own["low"], own["high"]) == pytest.approx((low, high), abs=0.1 * (high - low))
    assert 0 < own["by_chance"] < high


def test_the_course_is_of_each_window_by_itself(comparison: Comparison) -> None:
    assert comparison.course is not None
    rows = comparison.course.set_index(["part", "bucket", "model"])
    assert rows.index.unique("part").tolist() == comparison.parts == WINDOWS
    assert rows.index.unique("bucket").tolist() == ["all", TAIL, HEAD]
    for window in range(3):
        alone = held(BASE[window : window + 1], OTHER[window : window + 1], [""])
        for bucket in ("all", TAIL, HEAD):
            row = alone.row("other", "ndcg_at_10", bucket)
            own = rows.loc[(WINDOWS[window], bucket, "other")]
            for column in ("users", "value", "value_low", "value_high", "difference"):
                assert own[column] == pytest.approx(row[column]), (window, bucket, column)


def test_set_metrics_are_means_over_windows_of_their_own_catalogues(comparison: Comparison) -> None:
    row = comparison.row("base", "item_coverage_sub_at_10", "all")
    each = []
    for window in range(3):
        models = [
            ModelTables(name, [table(BASE[window], seed=window)], 50 + window) for name in "ab"
        ]
        alone = compare(models, "a", "ndcg_at_10", METRICS, {"activity": Activity.names}, 100)
        each.append(alone.row("a", "item_coverage_sub_at_10", "all")["value"])
    assert row["value"] == pytest.approx(sum(each) / 3, abs=0.05)
    assert row["seeds_low"] < row["seeds_high"]


def test_a_bucket_that_is_empty_in_a_window_is_a_mean_over_the_others() -> None:
    later = dict.fromkeys(BASE[1], (HEAD, 1.0))
    comparison = held([BASE[0], later], [BASE[0], later], WINDOWS[:2])
    row = comparison.row("base", "ndcg_at_10", TAIL)
    own = [value for bucket, value in BASE[0].values() if bucket == TAIL]
    assert row["value"] == pytest.approx(sum(own) / len(own))
    assert row["users"] == len(own)


def test_values_that_are_not_defined_count_nowhere() -> None:
    people = Clusters.of([np.array([4, 7, 9]), np.array([9, 4])])
    assert people.n == 3
    nan = np.nan
    z, y = people.scores([np.array([[1.0], [nan], [3.0]]), np.array([[nan], [nan]])])
    assert z[:, 0].tolist() == pytest.approx([1.0, nan, 3.0], nan_ok=True)
    assert y[:, 0].tolist() == pytest.approx([1.0, nan, 3.0], nan_ok=True)


def test_a_model_without_a_window_of_the_others_is_refused() -> None:
    cells = BASE[0]
    models = [ModelTables("base", [table(cells, 0)], 50, part) for part in WINDOWS[:2]]
    models.append(ModelTables("other", [table(cells, 0)], 50, "window 0"))
    with pytest.raises(ComparisonError, match=r"need window 1: base, other\. Received: base"):
        compare(models, "base", "ndcg_at_10", METRICS, {"activity": Activity.names}, 100)


def test_the_one_run_of_a_model_without_a_seed_counts_once_a_window() -> None:
    models = []
    for part, cells in zip(WINDOWS, BASE, strict=True):
        once = table(cells, 0)
        models.append(ModelTables("base", [once, once, once], 50, part))
        seeds = [once.assign(ndcg_at_10=once["ndcg_at_10"] + 0.1 * seed) for seed in range(3)]
        models.append(ModelTables("other", seeds, 50, part))
    result = compare(models, "base", "ndcg_at_10", METRICS, {"activity": Activity.names}, 100)
    means = [statistics.mean(value for _, value in cells.values()) for cells in BASE]
    assert result.row("base", "ndcg_at_10", "all")["seeds_sd"] == pytest.approx(
        statistics.stdev(means)
    )
    both = [mean + 0.1 * seed for mean in means for seed in range(3)]
    assert result.row("other", "ndcg_at_10", "all")["seeds_sd"] == pytest.approx(
        statistics.stdev(both)
    )
