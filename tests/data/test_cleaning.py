"""Pins histories to plain lists, the short head to its definition, and the generated world."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.base.arrays import mean_by_row
from lrec.data.catalogue import Catalogue
from lrec.data.dataset.synthetic import Synthetic
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.split.global_time import GlobalTime

examples = settings(max_examples=50, deadline=None)
row_lists = st.lists(st.lists(st.integers(-1, 9), max_size=6), max_size=6)
# Rows of a file: user, item, time, and whether they are kept.
files = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 4), st.booleans()),
    min_size=1,
    max_size=40,
)


def plain(histories: Histories) -> list[list[int]]:
    """The items, row by row."""
    bounds = zip(histories.offsets[:-1].tolist(), histories.offsets[1:].tolist(), strict=True)
    return [histories.item[start:stop].tolist() for start, stop in bounds]


def made(rows: list[list[int]]) -> Histories:
    """Histories of users 10, 11, … whose ratings and times are made from the items."""
    histories = Histories.of(rows, [[item + 0.5 for item in row] for row in rows])
    user = np.arange(10, 10 + len(rows), dtype=np.int32)
    return replace(
        histories,
        user=user,
        timestamp=histories.item.astype(np.int64) * 100,
        weight=histories.item.astype(np.float32) * 2,
    )


def assert_whole(histories: Histories) -> None:
    """Ratings, times and weights still belong to their items."""
    assert histories.rating.tolist() == (histories.item + 0.5).tolist()
    assert histories.timestamp.tolist() == (histories.item * 100).tolist()
    assert histories.weight.tolist() == (histories.item * 2).tolist()
    assert len(histories.offsets) == len(histories.user) + 1 == len(histories) + 1


@given(row_lists)
@examples
def test_of_keeps_plain_lists(rows: list[list[int]]) -> None:
    histories = Histories.of(rows)
    assert plain(histories) == rows
    assert histories.user.tolist() == [-1] * len(rows)
    assert histories.rating is histories.timestamp is histories.weight is None
    assert histories.lengths.tolist() == [len(row) for row in rows]
    assert histories.row.tolist() == [place for place, row in enumerate(rows) for _ in row]
    assert_whole(made(rows))


@given(row_lists.filter(bool), st.data())
@examples
def test_take_gives_rows_in_any_order(rows: list[list[int]], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8))
    taken = made(rows).take(np.array(places, int))
    assert plain(taken) == [rows[place] for place in places]
    assert taken.user.tolist() == [10 + place for place in places]
    assert_whole(taken)


@given(row_lists, st.integers(1, 3))
@examples
def test_keep_drops_entries_and_no_rows(rows: list[list[int]], step: int) -> None:
    histories = made(rows)
    kept = histories.keep(histories.item % (step + 1) == 0)
    assert plain(kept) == [[item for item in row if item % (step + 1) == 0] for row in rows]
    assert kept.user.tolist() == histories.user.tolist()
    assert_whole(kept)


@given(row_lists, st.integers(0, 10))
@examples
def test_within_leaves_the_catalogue(rows: list[list[int]], n_items: int) -> None:
    assert made(rows).inside(n_items).tolist() == [0 <= i < n_items for row in rows for i in row]
    inside = made(rows).within(n_items)
    assert plain(inside) == [[item for item in row if 0 <= item < n_items] for row in rows]
    assert_whole(inside)


def read(rows: list[tuple[int, int, int, bool]], timed: bool, rated: bool) -> Interactions:
    user, item, time, _ = np.array(rows).T
    return Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=np.arange(len(rows), dtype=np.float32) if rated else None,
        timestamp=time.astype(np.int64) if timed else None,
        user_ids=np.array([f"u{code}" for code in range(6)]),
        item_ids=np.array([f"i{code}" for code in range(10)]),
    )


def by_user(rows: list[tuple[int, int, int, bool]], timed: bool) -> dict[int, list[int]]:
    """Places in the file of what is kept, oldest first, equal times in file order."""
    found: dict[int, list[int]] = {}
    for place, (user, _, _, kept) in enumerate(rows):
        if kept:
            found.setdefault(user, []).append(place)
    key = (lambda place: rows[place][2]) if timed else None
    return {user: sorted(found[user], key=key) for user in sorted(found)}


@given(files, st.booleans(), st.booleans())
@examples
def test_select_groups_and_orders(
    rows: list[tuple[int, int, int, bool]], timed: bool, rated: bool
) -> None:
    keep = np.array([row[3] for row in rows])
    histories = Histories.select(read(rows, timed, rated), keep)
    expected = by_user(rows, timed)
    assert histories.user.tolist() == list(expected)
    assert plain(histories) == [[rows[place][1] for place in own] for own in expected.values()]
    if rated:
        assert histories.rating.tolist() == [place for own in expected.values() for place in own]
    assert (histories.rating is None) == (not rated)
    assert (histories.timestamp is None) == (not timed)


@given(files, st.sets(st.integers(0, 5)))
@examples
def test_select_makes_the_rows_asked_for(
    rows: list[tuple[int, int, int, bool]], users: set[int]
) -> None:
    keep = np.array([row[3] for row in rows])
    asked = sorted(users)
    histories = Histories.select(read(rows, True, True), keep, np.array(asked, int))
    expected = by_user(rows, True)
    assert histories.user.tolist() == asked
    assert plain(histories) == [[rows[p][1] for p in expected.get(user, [])] for user in asked]


def test_mean_by_row() -> None:
    means = mean_by_row(np.array([1.0, 2.0, 6.0]), np.array([0, 2, 2]), 4)
    np.testing.assert_array_equal(means, [1, np.nan, 4, np.nan])


def test_activity_and_popularity() -> None:
    data = read([(0, 3, 0, True), (0, 3, 1, True), (5, 9, 2, True)], True, False)
    assert data.activity.tolist() == [2, 0, 0, 0, 0, 1]
    assert data.popularity.tolist() == [0, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert (data.n_users, data.n_items, len(data)) == (6, 10, 3)


def test_features_follow_the_items() -> None:
    features = ItemFeatures(
        titles=np.array(["a", "b", "c"]), genres=np.eye(3, dtype=np.float32), genre_names=("x",)
    )
    taken = features.take(np.array([2, 0]))
    assert taken.titles.tolist() == ["c", "a"]
    assert taken.genres.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert taken.genre_names == ("x",)
    assert ItemFeatures().take(np.array([1])) == ItemFeatures()


def short_head(counts: list[int]) -> np.ndarray:
    numbers = np.array(counts)
    return Catalogue(np.array(["i"] * len(counts)), numbers, numbers, 10).short_head


@given(st.lists(st.integers(1, 12), min_size=1, max_size=9))
@examples
def test_short_head_is_the_smallest_set_with_four_fifths(counts: list[int]) -> None:
    head = short_head(counts)

    def enough(items: tuple[int, ...]) -> bool:
        return 10 * sum(counts[item] for item in items) >= 8 * sum(counts)

    assert enough(tuple(np.flatnonzero(head)))
    assert not any(enough(items) for items in combinations(range(len(counts)), head.sum() - 1))


@pytest.mark.parametrize(
    ("counts", "head"),
    [
        ([4, 4, 1, 1], [0, 1]),  # exactly 80 %
        ([4, 3, 2, 1], [0, 1, 2]),
        ([1, 2, 3, 4], [1, 2, 3]),
        ([1, 1, 1, 1, 1], [0, 1, 2, 3]),
        ([7], [0]),
    ],
)
def test_short_head_by_hand(counts: list[int], head: list[int]) -> None:
    assert np.flatnonzero(short_head(counts)).tolist() == head


def generated(**options: float) -> Interactions:
    return Synthetic(**{"n_users": 300, "n_items": 400, **options}).load()


def content(data: Interactions) -> list[bytes]:
    arrays = (data.user, data.item, data.rating, data.timestamp, data.user_ids, data.item_ids)
    return [array.tobytes() for array in (*arrays, data.features.genres)]


def test_same_seed_same_bytes() -> None:
    assert content(generated()) == content(generated())
    assert generated().digest == generated().digest


@pytest.mark.parametrize("options", [{"seed": 43}, {"drift": 0.9}, {"noise": 2.0}])
def test_another_seed_or_setting_is_another_world(options: dict[str, float]) -> None:
    assert content(generated(**options)) != content(generated())
    assert generated(**options).digest != generated().digest


@pytest.fixture(scope="module")
def world() -> Interactions:
    """The data set that lrec ships."""
    return Synthetic().load()


@pytest.mark.parametrize(
    ("share", "real"),
    [(0.25, 1), (0.5, 2), (0.75, 5), (0.8, 6), (0.9, 11), (0.95, 18), (0.99, 39)],
)
def test_activity_resembles_real_data(world: Interactions, share: float, real: int) -> None:
    quantile = np.quantile(world.activity, share, method="inverted_cdf")
    assert abs(quantile - real) <= max(1, 0.15 * real)


def test_popularity_resembles_real_data(world: Interactions) -> None:
    counts = np.sort(world.popularity)
    n = len(counts)
    lorenz = np.cumsum(counts) / counts.sum()
    gini = 1 - (2 * lorenz.sum() - 1) / n
    assert abs(gini - 0.746) <= 0.03


def test_the_world_is_well_formed(world: Interactions) -> None:
    pairs = set(zip(world.user.tolist(), world.item.tolist(), strict=True))
    assert len(pairs) == len(world), "nobody takes an item twice"
    assert world.popularity.min() >= 1
    assert set(np.unique(world.rating)) <= set(range(1, 11))
    assert (np.diff(world.timestamp) >= 0).all()
    assert (world.features.genres.sum(axis=1) >= 1).all()
    assert len(world.features.genre_names) == world.features.genres.shape[1]


def test_preferences_are_chances(world: Interactions) -> None:
    rows = np.arange(0, len(world), len(world) // 500)
    chances = world.truth.preference(world.user[rows], world.timestamp[rows])
    assert chances.shape == (len(rows), world.n_items)
    assert chances.min() >= 0
    # Items that nobody took have left the world, with what little chance they had.
    assert chances.sum(axis=1).max() <= 1 + 1e-5
    assert chances.sum(axis=1).mean() > 0.85
    assert (chances[np.arange(len(rows)), world.item[rows]] > 0).all()


def test_true_ratings_explain_the_given_ones(world: Interactions) -> None:
    truth = world.truth.rating(world.user, world.item, world.timestamp)
    assert truth.min() >= 1
    assert truth.max() <= 10
    # What is left is the noise of 1.3 points, rounded and clipped.
    assert 1.1 < np.std(world.rating - truth) < 1.4
    assert np.corrcoef(world.rating, truth)[0, 1] > 0.7


def test_truth_follows_the_items() -> None:
    data = generated()
    split = GlobalTime()(data)
    code = {name: place for place, name in enumerate(data.item_ids.tolist())}
    before = np.array([code[name] for name in split.catalogue.ids.tolist()])
    assert before.tolist() != list(range(data.n_items))
    users, times = data.user[::9], data.timestamp[::9]
    expected = data.truth.preference(users, times)[:, before]
    np.testing.assert_allclose(split.truth.preference(users, times), expected, atol=1e-7)
    items = np.arange(len(users)) % data.n_items
    received = split.truth.rating(users, items, times)
    np.testing.assert_allclose(received, data.truth.rating(users, before[items], times), atol=1e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_items", [10, 40])
def test_first_choices_follow_the_truth(n_items: int) -> None:
    # One visit a user: nothing is drawn again. So few items leave some genres without any.
    data = generated(n_users=4000, n_items=n_items, activity_median=0.5, activity_sigma=0)
    assert data.activity.tolist() == [1] * 4000
    chances = data.truth.preference(data.user, data.timestamp)
    chances /= chances.sum(axis=1, keepdims=True)
    expected = chances.sum(axis=0)
    deviation = np.sqrt((chances * (1 - chances)).sum(axis=0)) + 1
    assert (np.abs(data.popularity - expected) < 5 * deviation).all()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_users", 0),
        ("n_items", -1),
        ("activity_median", 0),
        ("activity_sigma", -1),
        ("taste_concentration", 0),
        ("popularity_exponent", -0.1),
        ("noise", -1),
        ("days", 0),
        ("drift", 1.5),
    ],
)
def test_impossible_worlds_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} .*Received: {value}"):
        Synthetic(**{option: value})
