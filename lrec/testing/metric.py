"""The contract of every metric, on random lists: shape, type, and nothing but the top k counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.evaluation.metric import Lists, Metric, RankingMetric, RatingMetric, SetMetric

N_USERS, N_ITEMS, K = 12, 30, 4
LENGTH = 8  # of the lists, more than K


def random_lists(seed: int = 0) -> Lists:
    """Lists of a small catalogue with genres; one ends early, one is empty, one is a fallback's."""
    generator = np.random.default_rng(seed)
    items = np.argsort(generator.random((N_USERS, N_ITEMS)), axis=1)
    ranked = items[:, :LENGTH].astype(np.int32)
    ranked[0, 2:], ranked[1] = -1, -1
    popularity = generator.integers(1, 9, N_ITEMS)
    genres = (generator.random((N_ITEMS, 3)) < 0.5).astype(np.float32)
    return Lists(
        items=ranked,
        target=Histories.of(items[:, 3:6].tolist()),
        history=Histories.of(items[:, LENGTH : LENGTH + 3].tolist()),
        is_personalised=np.arange(N_USERS) != 2,
        catalogue=Catalogue(
            ids=np.array([f"i{code}" for code in range(N_ITEMS)]),
            popularity=popularity,
            interactions=popularity,
            n_users=10,
            features=ItemFeatures(genres=genres, genre_names=("a", "b", "c")),
        ),
    )


def assert_metric_contract(metric: Metric) -> None:
    """Check a metric of any of the three kinds.

    Raises:
        AssertionError: it breaks a rule of its kind.
    """
    assert metric.name
    assert metric.direction in (-1, 0, 1), metric.direction
    if isinstance(metric, RankingMetric):
        assert_ranking_contract(metric)
    elif isinstance(metric, SetMetric):
        assert_set_contract(metric)
    else:
        assert isinstance(metric, RatingMetric), type(metric)
        assert_rating_contract(metric)


def assert_ranking_contract(metric: RankingMetric) -> None:
    """A float64 for each user, which nothing below rank k and no other user changes."""
    lists = random_lists()
    values = metric(lists, K)
    assert values.shape == (N_USERS,), values.shape
    assert values.dtype == np.float64, values.dtype
    assert np.isfinite(values[3:]).all(), "full lists with targets and genres have values"
    changed = lists.items.copy()
    changed[3:, K:] = np.roll(changed[3:, K:], 1, axis=1)
    below = metric(replace(lists, items=changed), K)
    np.testing.assert_array_equal(values, below, "items below rank k count")
    other = lists.items.copy()
    other[-1, :K] = np.setdiff1d(np.arange(N_ITEMS), lists.items[-1])[:K]
    others = metric(replace(lists, items=other), K)
    np.testing.assert_array_equal(values[:-1], others[:-1], "another user's list counts")


def assert_set_contract(metric: SetMetric) -> None:
    """A number of the lists together, in whatever order the users come."""
    items = random_lists().items[:, :K]
    value = metric(items, N_ITEMS)
    assert isinstance(value, float)
    assert np.isfinite(value)
    assert np.isclose(value, metric(items[::-1], N_ITEMS)), "the order of users counts"


def assert_rating_contract(metric: RatingMetric) -> None:
    """A float64 for each user: 0 without error, NaN without ratings, and it pools."""
    row = np.repeat(np.arange(3), [2, 0, 3])
    perfect = metric(np.zeros(5), row, 3)
    assert perfect.shape == (3,), perfect.shape
    assert perfect.dtype == np.float64, perfect.dtype
    np.testing.assert_array_equal(perfect, [0, np.nan, 0])
    worse = metric(np.array([1.0, -2.0, 0.5, 0.5, 3.0]), row, 3)
    assert (worse[[0, 2]] > 0).all()
    assert np.isfinite(metric.pool(worse, np.array([2, 0, 3])))
