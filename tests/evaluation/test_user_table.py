"""Pins the user table, and every aggregate to what plain Python makes of that table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lrec.commands.runs.config_digest import config_digest
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.bucket import SMALLEST_BUCKET, Buckets
from lrec.evaluation.metric import Lists, Metric, SetMetric
from lrec.evaluation.metric.arp import ARP
from lrec.evaluation.metric.calibration import Calibration
from lrec.evaluation.metric.gini import Gini
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.metric.mae import MAE
from lrec.evaluation.metric.mse import MSE
from lrec.evaluation.metric.popularity_lift import PopularityLift
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.metric.rmse import RMSE
from lrec.evaluation.ranking import Ranking
from lrec.evaluation.references import with_references
from lrec.evaluation.summary import SUBSAMPLES, summarise
from lrec.evaluation.user_table import rows_by_group, rows_of, user_table
from lrec.model.popularity import Popularity

KS = [2, 5]
N_ITEMS = 40
METRICS: dict[str, Metric] = {
    "recall": Recall(),
    "arp": ARP(),
    "popularity_lift": PopularityLift(),
    "item_coverage": ItemCoverage(),
    "gini": Gini(),
    "mse": MSE(),
    "rmse": RMSE(),
    "mae": MAE(),
}
SIZES = {"tail": 90, "torso": 45, "head": 35, "cold": 40}


def bucketing(sizes: Mapping[str, int], name: str = "activity") -> Buckets:
    """Users in the given buckets, `cold` among them, in a fixed mixed order."""
    names = tuple(bucket for bucket in sizes if bucket != "cold")
    labels = [-1 if b == "cold" else names.index(b) for b, n in sizes.items() for _ in range(n)]
    mixed = np.random.default_rng(1).permutation(labels)
    return Buckets(name, names, mixed, dict.fromkeys(names, "as made"))


class World:
    """Random answers to random questions, with everything `user_table` takes."""

    def __init__(self, n_users: int = sum(SIZES.values()), seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        popularity = generator.integers(1, 30, N_ITEMS)
        self.model = Popularity()
        self.model.catalogue = Catalogue(
            ids=np.array([f"i{i}" for i in range(N_ITEMS + 2)]),
            popularity=popularity,
            interactions=popularity,
            n_users=50,
        )
        lengths = generator.integers(1, 6, n_users)
        target = [generator.integers(0, N_ITEMS + 2, length).tolist() for length in lengths]
        history = [
            generator.integers(0, N_ITEMS, n).tolist() for n in generator.integers(0, 4, n_users)
        ]
        ratings = [generator.integers(1, 6, length).tolist() for length in lengths]
        user = np.arange(n_users, dtype=np.int32) + 7
        self.queries = Queries(
            history=replace(Histories.of(history), user=user),
            train_history=replace(Histories.of([row[:1] for row in history]), user=user),
            target=replace(Histories.of(target, ratings), user=user),
        )
        # Half of the lists hold few items, so that unions differ between the groups.
        width = np.where(generator.uniform(size=n_users) < 0.5, 8, N_ITEMS)
        items = [generator.choice(w, max(KS), replace=False) for w in width]
        self.ranking = Ranking(
            items=np.array(items, np.int32).reshape(n_users, max(KS)),
            scores=np.zeros((n_users, max(KS)), np.float32),
            target_scores=np.zeros(lengths.sum(), np.float32),
            is_personalised=generator.uniform(size=n_users) < 0.8,
            ignored=0,
        )
        self.predictions = generator.uniform(1, 5, lengths.sum())

    def table(
        self, buckets: list[Buckets], metrics: Mapping[str, Metric] = METRICS, rated: bool = True
    ) -> pd.DataFrame:
        predictions = self.predictions if rated else None
        return user_table(
            self.model.catalogue, self.queries, self.ranking, metrics, KS, buckets, predictions
        )


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def buckets() -> Buckets:
    return bucketing(SIZES)


@pytest.fixture(scope="module")
def table(world: World, buckets: Buckets) -> pd.DataFrame:
    return world.table([buckets])


@pytest.fixture(scope="module")
def values(table: pd.DataFrame, buckets: Buckets) -> dict[str, float]:
    return summarise(table, METRICS, KS, N_ITEMS, [buckets])


def groups(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows of the table as plain dicts, by bucket, and all together."""
    rows = table.to_dict("records")
    found = {"all": rows}
    for row in rows:
        found.setdefault(row["bucket/activity"], []).append(row)
    return found


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def made(column: list[float], sizes: Mapping[str, int], metric: Metric) -> dict[str, float]:
    """Aggregates of a per-user column that is made up, bucket by bucket."""
    buckets = bucketing(sizes)
    table = pd.DataFrame(
        {"n_targets": 1, "bucket/activity": buckets.column, f"{metric.name}_at_1": np.nan}
    )
    for name, value in zip(sizes, column, strict=True):
        table.loc[table["bucket/activity"] == name, f"{metric.name}_at_1"] = value
    return summarise(table, {metric.name: metric}, [1], 1, [buckets])


def test_table_has_a_row_a_user(world: World, buckets: Buckets, table: pd.DataFrame) -> None:
    queries = world.queries
    assert table["user"].tolist() == queries.user.tolist()
    assert table["n_train"].tolist() == queries.train_history.lengths.tolist()
    assert table["n_history"].tolist() == queries.history.lengths.tolist()
    assert table["n_ratings"].tolist() == queries.target.lengths.tolist()
    assert table["personalised"].tolist() == world.ranking.is_personalised.tolist()
    assert table["bucket/activity"].tolist() == buckets.column.tolist()
    assert np.array_equal(np.stack(table["items"].to_list()), world.ranking.items)
    targets = np.split(queries.target.item, queries.target.offsets[1:-1])
    assert table["n_targets"].tolist() == [len(set(row.tolist())) for row in targets]


def test_table_holds_every_per_user_metric(world: World, table: pd.DataFrame) -> None:
    queries, ranking = world.queries, world.ranking
    lists = Lists(
        ranking.items,
        queries.target,
        queries.history,
        ranking.is_personalised,
        world.model.catalogue,
    )
    for k in KS:
        for name in ("recall", "arp", "popularity_lift"):
            np.testing.assert_array_equal(table[f"{name}_at_{k}"], METRICS[name](lists, k))
    error = world.predictions - queries.target.rating
    for name in ("mse", "rmse", "mae"):
        expected = METRICS[name](error, queries.target.row, len(queries))
        np.testing.assert_array_equal(table[name], expected)
    assert not {"item_coverage_at_2", "gini_at_2"} & set(table)


def test_lists_are_kept_for_set_metrics_only(
    world: World, buckets: Buckets, table: pd.DataFrame
) -> None:
    asked = (
        world.model.catalogue,
        world.queries,
        world.ranking,
        METRICS,
        KS,
        [buckets],
        world.predictions,
    )
    bare = user_table(*asked, sets=False)
    of_items = [column for column in table if "item" in column]
    pd.testing.assert_frame_equal(bare, table.drop(columns=of_items))


def test_table_leaves_out_what_the_data_cannot_support(world: World, buckets: Buckets) -> None:
    metrics = {**METRICS, "calibration": Calibration()}
    plain = world.table([buckets], metrics, rated=False)
    assert not {"calibration_at_2", "mse", "rmse", "mae", "n_ratings"} & set(plain)
    assert "mse/all" not in summarise(plain, metrics, KS, N_ITEMS, [buckets])


def test_users_and_test_items(table: pd.DataFrame, values: dict[str, float]) -> None:
    for group, rows in groups(table).items():
        assert values[f"users/{group}"] == len(rows)
        assert values[f"test_items/{group}"] == sum(row["n_targets"] for row in rows)
    assert {name: values[f"users/{name}"] for name in SIZES} == SIZES


@pytest.mark.parametrize("name", ["recall_at_2", "recall_at_5", "arp_at_5", "mse", "rmse", "mae"])
def test_means_by_bucket(name: str, table: pd.DataFrame, values: dict[str, float]) -> None:
    for group, rows in groups(table).items():
        assert values[f"{name}/{group}"] == pytest.approx(mean([row[name] for row in rows]))


def test_undefined_values_take_no_part(table: pd.DataFrame, values: dict[str, float]) -> None:
    for group, rows in groups(table).items():
        column = [row["popularity_lift_at_5"] for row in rows]
        defined = [value for value in column if not math.isnan(value)]
        assert len(defined) < len(column)
        assert values[f"popularity_lift_at_5/{group}"] == pytest.approx(mean(defined))


def test_pooled_errors_by_bucket(
    world: World, table: pd.DataFrame, values: dict[str, float]
) -> None:
    error = (world.predictions - world.queries.target.rating).tolist()
    errors_of = {user: [] for user in table["user"]}
    for row, value in zip(world.queries.target.row.tolist(), error, strict=True):
        errors_of[table["user"][row]].append(value)
    for group, rows in groups(table).items():
        errors = [value for row in rows for value in errors_of[row["user"]]]
        square = mean([value**2 for value in errors])
        assert values[f"mse_pooled/{group}"] == pytest.approx(square)
        assert values[f"rmse_pooled/{group}"] == pytest.approx(math.sqrt(square))
        assert values[f"mae_pooled/{group}"] == pytest.approx(mean([abs(v) for v in errors]))


@pytest.mark.parametrize("k", KS)
def test_raw_set_metrics_by_bucket(k: int, table: pd.DataFrame, values: dict[str, float]) -> None:
    for group, rows in groups(table).items():
        shown = {int(item) for row in rows for item in row["items"][:k]}
        assert values[f"item_coverage_at_{k}/{group}"] == pytest.approx(len(shown) / N_ITEMS)


def test_gap_is_last_minus_first_bucket(values: dict[str, float]) -> None:
    gaps = {name.removeprefix("gap/"): v for name, v in values.items() if name.startswith("gap/")}
    assert {"recall_at_2", "arp_at_5", "mse", "mse_pooled", "gini_sub_at_5"} <= set(gaps)
    for name, gap in gaps.items():
        assert gap == pytest.approx(values[f"{name}/head"] - values[f"{name}/tail"])


@pytest.mark.parametrize(
    ("metric", "worst"),
    [
        pytest.param(Recall(), 0.2, id="more is better"),
        pytest.param(ARP(), None, id="undirected"),
    ],
)
def test_worst_bucket_of_ranking_metrics(metric: Metric, worst: float | None) -> None:
    found = made([0.5, 0.2, 0.7], {"tail": 40, "torso": 40, "head": 40}, metric)
    assert found.get(f"worst/{metric.name}_at_1") == worst
    assert found[f"gap/{metric.name}_at_1"] == pytest.approx(0.2)


def test_worst_error_is_the_largest(values: dict[str, float]) -> None:
    for name in ("mse", "rmse_pooled", "gini_sub_at_5"):
        in_buckets = [values[f"{name}/{bucket}"] for bucket in ("tail", "torso", "head")]
        assert values[f"worst/{name}"] == max(in_buckets)


@pytest.mark.parametrize(("small", "worst"), [(SMALLEST_BUCKET - 1, 0.5), (SMALLEST_BUCKET, 0.2)])
def test_small_buckets_are_shown_but_never_the_worst(small: int, worst: float) -> None:
    found = made([0.5, 0.2, 0.7], {"tail": 40, "torso": small, "head": 40}, Recall())
    assert SMALLEST_BUCKET == 30
    assert found["recall_at_1/torso"] == pytest.approx(0.2)
    assert found["worst/recall_at_1"] == pytest.approx(worst)


def test_cold_stands_apart() -> None:
    found = made([0.5, 0.4, 0.7, 0.1], {"tail": 40, "torso": 40, "head": 40, "cold": 40}, Recall())
    assert found["recall_at_1/cold"] == pytest.approx(0.1)
    assert found["recall_at_1/all"] == pytest.approx(1.7 / 4)
    assert found["worst/recall_at_1"] == pytest.approx(0.4)
    assert found["gap/recall_at_1"] == pytest.approx(0.2)


def test_empty_bucket_is_named_and_has_no_values() -> None:
    found = made([0.5, 0.4, 0.7], {"tail": 40, "torso": 40, "head": 0}, Recall())
    assert found["users/head"] == found["users/cold"] == 0
    assert not {"recall_at_1/head", "recall_at_1/cold", "gap/recall_at_1"} & set(found)
    assert found["worst/recall_at_1"] == pytest.approx(0.4)


class Spy(SetMetric):
    """Keeps the lists that it is called with; the value is their number."""

    name = "spy"

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def __call__(self, items: np.ndarray, n_items: int) -> float:
        self.asked.append(items)
        return float(len(items))


def test_a_subsample_is_drawn_once_for_all_set_metrics_and_lengths(world: World) -> None:
    buckets, spies = bucketing(SIZES), {"one": Spy(), "two": Spy()}
    summarise(world.table([buckets]), spies, KS, N_ITEMS, [buckets])
    calls = len(SIZES) + 1 + len(SIZES) * SUBSAMPLES
    asked = [array for array in spies["one"].asked if array.shape[1] == min(KS)]
    others = [array for array in spies["two"].asked if array.shape[1] == max(KS)]
    assert len(asked) == len(others) == calls
    assert all(np.shares_memory(*pair) for pair in zip(asked, others, strict=True))


def test_subsamples_of_all_buckets_are_of_one_size(world: World) -> None:
    sizes = {"tail": 110, "torso": 60, "head": 20, "cold": 20}
    buckets = bucketing(sizes)
    spy = Spy()
    # Lists that name their user, so that samples can be traced.
    table = world.table([buckets], {}, rated=False)
    table["items"] = [np.array([user]) for user in range(len(table))]
    found = summarise(table, {spy.name: spy}, [1], len(table), [buckets])
    raw = [110 + 60 + 20 + 20, 110, 60, 20, 20]
    assert [len(items) for items in spy.asked[:5]] == raw
    drawn = spy.asked[5:]
    assert {len(items) for items in drawn} == {60}
    assert len(drawn) == 2 * SUBSAMPLES
    assert all(len(np.unique(items)) == 60 for items in drawn)
    large = [items for items in drawn if table["bucket/activity"][items[0, 0]] == "tail"]
    assert len({tuple(sorted(items.ravel())) for items in large}) == SUBSAMPLES == 20
    named = [group for group in sizes if f"{spy.name}_sub_at_1/{group}" in found]
    assert named == ["tail", "torso"]


def test_subsample_of_the_smallest_bucket_is_the_bucket(values: dict[str, float]) -> None:
    for name in ("item_coverage", "gini"):
        raw, sub = values[f"{name}_at_5/head"], values[f"{name}_sub_at_5/head"]
        assert sub == pytest.approx(raw)
        assert values[f"{name}_sub_at_5/tail"] != pytest.approx(values[f"{name}_at_5/tail"])


def test_subsamples_take_the_size_out_of_coverage() -> None:
    # The same lists in both buckets: whatever differs, differs by the number of users.
    sizes = {"tail": 400, "head": 40}
    world, buckets = World(sum(sizes.values()), seed=3), bucketing(sizes)
    found = summarise(world.table([buckets]), METRICS, KS, N_ITEMS, [buckets])
    raw, sub = (
        found[f"{name}/tail"] - found[f"{name}/head"]
        for name in ("item_coverage_at_2", "item_coverage_sub_at_2")
    )
    assert raw > 0.1
    assert abs(sub) < raw / 2


def test_bucketings_do_not_disturb_each_other(world: World) -> None:
    activity = bucketing(SIZES)
    thirds = np.where(activity.label < 0, -1, np.arange(len(activity.label)) % 3)
    names = ("few", "some", "many")
    counts = Buckets("counts", names, thirds, dict.fromkeys(names, "as made"))
    alone, other, both = (
        summarise(world.table(used), METRICS, KS, N_ITEMS, used)
        for used in ([activity], [counts], [activity, counts])
    )
    assert {key: both[key] for key in alone} == alone
    of_counts = {key: value for key, value in other.items() if key.endswith(names)}
    assert {key: both[key] for key in of_counts} == of_counts


def test_gap_and_worst_are_those_of_the_first_bucketing(world: World) -> None:
    activity = bucketing(SIZES)
    halves = bucketing({"lower": 100, "upper": 110}, "halves")
    found = summarise(world.table([halves, activity]), METRICS, KS, N_ITEMS, [halves, activity])
    lower, upper = found["recall_at_5/lower"], found["recall_at_5/upper"]
    assert found["gap/recall_at_5"] == pytest.approx(upper - lower)
    assert found["worst/recall_at_5"] == min(lower, upper)


def test_without_sets(table: pd.DataFrame, buckets: Buckets, values: dict[str, float]) -> None:
    kept = [column for column in table if not column.startswith("item")]
    found = summarise(table[kept], METRICS, KS, N_ITEMS, [buckets], sets=False)
    assert found == {
        key: value
        for key, value in values.items()
        if not key.removeprefix("gap/").removeprefix("worst/").startswith(("item_", "gini"))
    }


def test_table_survives_a_file(
    table: pd.DataFrame, buckets: Buckets, values: dict[str, float], tmp_path: Path
) -> None:
    table.to_parquet(tmp_path / "users.parquet")
    again = pd.read_parquet(tmp_path / "users.parquet")
    assert summarise(again, METRICS, KS, N_ITEMS, [buckets]) == values


def test_metrics_go_by_the_name_that_the_config_gives_them(world: World, buckets: Buckets) -> None:
    renamed = {f"my_{name}": metric for name, metric in METRICS.items()}
    table = world.table([buckets], renamed)
    found = summarise(table, renamed, KS, N_ITEMS, [buckets])
    assert {"my_recall_at_2/tail", "my_mse_pooled/tail", "my_gini_sub_at_2/tail"} <= set(found)


def test_nobody_asked(buckets: Buckets) -> None:
    nobody = replace(buckets, label=np.empty(0, int))
    found = summarise(World(0).table([nobody]), METRICS, KS, N_ITEMS, [nobody])
    assert set(found.values()) == {0.0}
    assert {name.partition("/")[0] for name in found} == {"users", "test_items", "item_targets"}


def test_reference_of_the_models_own_name_is_marked_or_left_out() -> None:
    values = {"ndcg_at_10/all": 0.2, "mse/all": math.nan}
    same, other = dict(values), {"ndcg_at_10/all": 0.1}
    assert with_references("popularity", values, {"popularity": same, "oracle": other}) == {
        "popularity": values,
        "oracle": other,
    }
    rows = with_references("popularity", values, {"popularity": other})
    assert list(rows) == ["popularity", "popularity (reference)"]
    assert rows["popularity"] is values


def test_precision_makes_another_run_and_the_place_does_not() -> None:
    config = {"seed": 1, "tracking": {"experiment": "a"}, "strategy": {"precision": "float32"}}
    elsewhere = {"precision": "float32", "threads": 2}
    coarse = {"precision": "mixed_bfloat16"}
    digest = config_digest(config)
    assert digest == config_digest(config | {"strategy": elsewhere, "tracking": {}})
    assert digest != config_digest(config | {"strategy": coarse})
    assert digest != config_digest(config | {"seed": 2})
    assert digest == config_digest(config | {"validate_users": None})  # as before there was a key
    assert digest != config_digest(config | {"validate_users": 9})
    assert config_digest(config, seeded=False) == config_digest(config | {"seed": 2}, seeded=False)


def test_rows_of_groups_are_those_of_any_bucketing() -> None:
    """Also of groups that two bucketings share, such as cold users, and of none."""
    columns = {"bucket/one": ["a", "cold", "b", "a"], "bucket/two": ["cold", "c", "d", "d"]}
    table = pd.DataFrame({"user": range(4), **columns})
    found = rows_by_group(table, ["d", "all", "cold", "a", "nobody"])
    rows = {"d": [2, 3], "all": [0, 1, 2, 3], "cold": [0, 1], "a": [0, 3]}
    assert {group: own.tolist() for group, own in found.items()} == rows
    assert list(found) == list(rows)
    assert rows_of(table, "cold").tolist() == [0, 1]
    assert rows_of(table, "nobody").tolist() == []
