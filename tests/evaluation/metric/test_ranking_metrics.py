"""Every ranking metric against its formula, in plain Python, one user at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import log2

import numpy as np
import pytest

from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.evaluation import metric
from lrec.evaluation.metric import Lists, RankingMetric
from lrec.evaluation.metric.aplt import APLT
from lrec.evaluation.metric.arp import ARP
from lrec.evaluation.metric.calibration import Calibration
from lrec.evaluation.metric.diversity import Diversity
from lrec.evaluation.metric.epc import EPC
from lrec.evaluation.metric.hit import Hit
from lrec.evaluation.metric.map import MAP
from lrec.evaluation.metric.mrr import MRR
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.novelty import Novelty
from lrec.evaluation.metric.popularity_lift import PopularityLift
from lrec.evaluation.metric.precision import Precision
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.metric.user_coverage import UserCoverage

NAN = math.nan
# Discounts of the first three ranks, and their sum.
D1, D2, D3 = 1.0, 1 / log2(3), 0.5
D = D1 + D2 + D3


@dataclass(frozen=True)
class User:
    """One user as in the formulas: L in order, T and the history as lists of codes."""

    ranked: list[int]
    target: list[int]
    history: list[int]
    is_personalised: bool = True


@dataclass(frozen=True)
class World:
    """A catalogue and its users; item codes from `len(popularity)` on lie outside."""

    users: list[User]
    popularity: list[int]
    interactions: list[int]
    n_train: int
    genres: list[list[int]]
    width: int

    @property
    def n_items(self) -> int:
        return len(self.popularity)

    @property
    def lists(self) -> Lists:
        """The same as arrays."""
        n_codes = len(self.genres)
        features = ItemFeatures(
            genres=np.array(self.genres, np.float32),
            genre_names=tuple(f"g{i}" for i in range(len(self.genres[0]))),
        )
        return Lists(
            items=np.array(
                [u.ranked + [-1] * (self.width - len(u.ranked)) for u in self.users], np.int32
            ),
            target=Histories.of([u.target for u in self.users]),
            history=Histories.of([u.history for u in self.users]),
            is_personalised=np.array([u.is_personalised for u in self.users]),
            catalogue=Catalogue(
                ids=np.array([f"i{code}" for code in range(n_codes)]),
                popularity=np.array(self.popularity),
                interactions=np.array(self.interactions),
                n_users=self.n_train,
                features=features,
            ),
        )


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else NAN


def gains(user: User, k: int) -> list[bool]:
    return [item in set(user.target) for item in user.ranked[:k]]


def findable(user: User, k: int) -> int:
    return min(k, len(set(user.target)))


def recall(user: User, world: World, k: int) -> float:
    return len(set(user.ranked[:k]) & set(user.target)) / findable(user, k)


def precision(user: User, world: World, k: int) -> float:
    return len(set(user.ranked[:k]) & set(user.target)) / k


def ndcg(user: User, world: World, k: int) -> float:
    dcg = sum(1 / log2(rank + 1) for rank, hit in enumerate(gains(user, k), 1) if hit)
    return dcg / sum(1 / log2(rank + 1) for rank in range(1, findable(user, k) + 1))


def hit(user: User, world: World, k: int) -> float:
    return float(any(gains(user, k)))


def mrr(user: User, world: World, k: int) -> float:
    return next((1 / rank for rank, hit in enumerate(gains(user, k), 1) if hit), 0.0)


def average_precision(user: User, world: World, k: int) -> float:
    hits = gains(user, k)
    total = sum(sum(hits[:rank]) / rank for rank, hit in enumerate(hits, 1) if hit)
    return total / findable(user, k)


def novelty(user: User, world: World, k: int) -> float:
    return mean([-log2(max(world.popularity[i], 1) / world.n_train) for i in user.ranked[:k]])


def epc(user: User, world: World, k: int) -> float:
    total = 0.0
    for rank, item in enumerate(user.ranked[:k], 1):
        if item in user.target:
            total += (1 - world.popularity[item] / world.n_train) / log2(rank + 1)
    return total / sum(1 / log2(rank + 1) for rank in range(1, k + 1))


def user_coverage(user: User, world: World, k: int) -> float:
    left = world.n_items - len({item for item in user.history if item < world.n_items})
    listed = len(user.ranked[:k])
    return float(user.is_personalised and listed > 0 and listed >= min(k, left))


def arp(user: User, world: World, k: int) -> float:
    return mean([world.popularity[item] for item in user.ranked[:k]])


def short_head(world: World) -> set[int]:
    """The smallest set of items with at least 80 % of the training interactions."""
    head: set[int] = set()
    for item in sorted(range(world.n_items), key=lambda i: (-world.interactions[i], i)):
        if 10 * sum(world.interactions[i] for i in head) >= 8 * sum(world.interactions):
            break
        head.add(item)
    return head


def aplt(user: User, world: World, k: int) -> float:
    return mean([float(item not in short_head(world)) for item in user.ranked[:k]])


def popularity_lift(user: User, world: World, k: int) -> float:
    known = dict(enumerate(world.popularity))
    before = mean([known.get(item, 0) for item in user.history])
    return (arp(user, world, k) - before) / before if before else NAN


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    norm = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / norm if norm else 0.0


def diversity(user: User, world: World, k: int) -> float:
    pairs = combinations([world.genres[item] for item in user.ranked[:k]], 2)
    return mean([1 - cosine(a, b) for a, b in pairs])


def genre_shares(items: Sequence[int], world: World) -> list[float] | None:
    """Each item counts 1, shared equally among its genres; None where no item has any."""
    total = [0.0] * len(world.genres[0])
    for item in items:
        for genre, has in enumerate(world.genres[item]):
            if has:
                total[genre] += 1 / sum(world.genres[item])
    return [part / sum(total) for part in total] if sum(total) else None


def calibration(user: User, world: World, k: int) -> float:
    liked = genre_shares(user.history, world)
    shown = genre_shares(user.ranked[:k], world)
    if liked is None or shown is None:
        return NAN
    middle = [(p + q) / 2 for p, q in zip(liked, shown, strict=True)]

    def divergence(p: list[float]) -> float:
        return sum(a * log2(a / m) for a, m in zip(p, middle, strict=True) if a > 0)

    return 1 - (divergence(liked) + divergence(shown)) / 2


FORMULAS: dict[type[RankingMetric], Callable[[User, World, int], float]] = {
    Recall: recall,
    Precision: precision,
    NDCG: ndcg,
    Hit: hit,
    MRR: mrr,
    MAP: average_precision,
    Novelty: novelty,
    EPC: epc,
    UserCoverage: user_coverage,
    ARP: arp,
    APLT: aplt,
    PopularityLift: popularity_lift,
    Diversity: diversity,
    Calibration: calibration,
}
RANKING = [pytest.param(metric, id=metric.__name__) for metric in FORMULAS]


def assert_close(received: object, expected: object) -> None:
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-12)


# Item 4 has no genre, item 5 lies outside the catalogue. The short head is {0, 1, 2}.
SMALL = World(
    users=[
        User(ranked=[0, 2, 1], target=[2, 4, 5], history=[3, 4]),
        User(ranked=[3], target=[3], history=[]),
        User(ranked=[0, 1, 2], target=[5, 5], history=[0], is_personalised=False),
        User(ranked=[4, 3], target=[3, 4, 0, 1], history=[1, 2, 5]),
    ],
    popularity=[8, 4, 2, 1, 1],
    interactions=[8, 4, 2, 1, 1],
    n_train=8,
    genres=[[1, 0], [0, 1], [1, 1], [0, 1], [0, 0], [1, 0]],
    width=3,
)
# Worked out by hand at k = 3, one value for each user of SMALL.
BY_HAND: dict[type[RankingMetric], list[float]] = {
    Recall: [1 / 3, 1, 0, 2 / 3],
    Precision: [1 / 3, 1 / 3, 0, 2 / 3],
    NDCG: [D2 / D, 1, 0, (D1 + D2) / D],
    Hit: [1, 1, 0, 1],
    MRR: [1 / 2, 1, 0, 1],
    MAP: [1 / 6, 1, 0, 2 / 3],
    Novelty: [1, 3, 1, 3],
    EPC: [D2 * 3 / 4 / D, 7 / 8 / D, 0, (D1 + D2) * 7 / 8 / D],
    UserCoverage: [1, 0, 0, 0],  # two lists are short, though the catalogue has more
    ARP: [14 / 3, 1, 14 / 3, 1],
    APLT: [0, 1, 0, 1],
    PopularityLift: [11 / 3, NAN, (14 / 3 - 8) / 8, (1 - 2) / 2],
    Diversity: [(3 - math.sqrt(2)) / 3, NAN, (3 - math.sqrt(2)) / 3, 1],
    Calibration: [
        1 - (log2(4 / 3) + 0.5 * log2(2) + 0.5 * log2(2 / 3)) / 2,
        NAN,
        1 - (log2(4 / 3) + 0.5 * log2(2) + 0.5 * log2(2 / 3)) / 2,
        1 - (log2(4 / 3) + 0.5 * log2(2) + 0.5 * log2(2 / 3)) / 2,
    ],
}


def random_world(seed: int, n_items: int = 12, n_users: int = 25, n_genres: int = 4) -> World:
    """Lists of all lengths, targets outside the catalogue or repeated, empty histories."""
    generator = np.random.default_rng(seed)
    n_codes = n_items + 3
    popularity = generator.integers(1, 9, n_items)

    def user() -> User:
        history = generator.choice(n_codes, generator.integers(0, 5), replace=False).tolist()
        free = [item for item in generator.permutation(n_items).tolist() if item not in history]
        return User(
            ranked=free[: generator.integers(0, n_items)],
            target=generator.integers(0, n_codes, generator.integers(1, 8)).tolist(),
            history=history,
            is_personalised=bool(generator.integers(0, 2)),
        )

    return World(
        users=[user() for _ in range(n_users)],
        popularity=popularity.tolist(),
        interactions=(popularity + generator.integers(0, 4, n_items)).tolist(),
        n_train=10,
        genres=(generator.uniform(size=(n_codes, n_genres)) < 0.4).astype(int).tolist(),
        width=n_items,
    )


@pytest.mark.parametrize("metric", RANKING)
def test_by_hand(metric: type[RankingMetric]) -> None:
    assert_close(metric()(SMALL.lists, 3), BY_HAND[metric])


@pytest.mark.parametrize("k", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("metric", RANKING)
def test_formula_on_random_lists(metric: type[RankingMetric], k: int) -> None:
    for seed in range(4):
        world = random_world(seed)
        received = metric()(world.lists, k)
        expected = [FORMULAS[metric](user, world, k) for user in world.users]
        assert_close(received, expected)


@pytest.mark.parametrize("metric", RANKING)
def test_prefix_of_a_longer_list(metric: type[RankingMetric]) -> None:
    lists = random_world(9).lists
    cut = replace(lists, items=lists.items[:, :4])
    assert_close(metric()(lists, 4), metric()(cut, 4))


@pytest.mark.parametrize("metric", RANKING)
def test_one_value_a_user(metric: type[RankingMetric]) -> None:
    values = metric()(SMALL.lists, 2)
    assert values.shape == (len(SMALL.users),)
    assert values.dtype == np.float64


def test_targets_are_sorted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(metric, "unique", lambda values: calls.append(values) or unique(values))
    lists = SMALL.lists
    assert lists.hits.shape == lists.items.shape
    assert lists.n_targets.tolist() == [len(set(user.target)) for user in SMALL.users]
    assert len(calls) == 1


def test_targets_outside_the_catalogue_are_misses_that_count() -> None:
    inside, outside = (
        replace(SMALL, users=[User(ranked=[0, 1], target=target, history=[2])])
        for target in ([0], [0, 5])
    )
    assert Recall()(inside.lists, 2).item() == 1
    assert Recall()(outside.lists, 2).item() == 0.5


def test_popularity_counts_users_and_the_short_head_interactions() -> None:
    # Item 2 has one faithful user, whose many interactions put it into the short head.
    world = World(
        users=[User(ranked=[0, 1, 2], target=[0], history=[])],
        popularity=[3, 2, 1],
        interactions=[3, 2, 20],
        n_train=4,
        genres=[[1], [1], [1]],
        width=3,
    )
    assert_close(APLT()(world.lists, 3), [2 / 3])
    assert_close(ARP()(world.lists, 3), [2])


def test_users_of_a_catalogue_smaller_than_k_are_covered() -> None:
    users = [
        User(ranked=[2, 0, 1], target=[0], history=[]),
        User(ranked=[2], target=[], history=[0, 1]),
        User(ranked=[], target=[], history=[0, 1, 2]),
        User(ranked=[0, 1, 2], target=[0], history=[], is_personalised=False),
    ]
    world = World(
        users=users,
        popularity=[3, 2, 1],
        interactions=[3, 2, 1],
        n_train=4,
        genres=[[1], [1], [1]],
        width=3,
    )
    assert_close(UserCoverage()(world.lists, 20), [1, 1, 0, 0])


@pytest.mark.parametrize("metric", [Diversity, Calibration])
def test_genre_metrics_apply_only_where_there_are_genres(metric: type[RankingMetric]) -> None:
    catalogue = SMALL.lists.catalogue
    assert metric().applies(catalogue)
    assert not metric().applies(replace(catalogue, features=ItemFeatures()))


@pytest.mark.parametrize("n_genres", [2, 0])
def test_calibration_is_undefined_where_no_item_has_a_genre(n_genres: int) -> None:
    lists = replace(SMALL, genres=[[0] * n_genres for _ in SMALL.genres]).lists
    metric = Calibration()
    assert not metric.applies(lists.catalogue) or np.isnan(metric(lists, 3)).all()


def test_diversity_of_items_without_genres_is_one() -> None:
    world = replace(SMALL, genres=[[0, 0] for _ in SMALL.genres])
    assert_close(Diversity()(world.lists, 3), [1, NAN, 1, 1])
