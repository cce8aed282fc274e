"""A small environment, two policies, and a reference of the random numbers in plain Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Ints
from lrec.commands.simulate.environment import (
    Environment,
)
from lrec.commands.simulate.retraining import RankingPolicy, popularity
from lrec.commands.simulate.rollout import Policy, Rollout, random_policy
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split

ROUNDS, SHOWN, START, ACTIVE = 6, 5, 2, 5
MASK = 2**64 - 1


def mix(x: int) -> int:
    """The finaliser of SplitMix64, on Python's integers."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def uniform_draw(seed: int, *keys: int) -> float:
    """A number in [0, 1), as `uniform` makes it of arrays."""
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


def three_users() -> Split:
    """Seven items, of which the last is in no training history; users 2, 3 and 4 are held out."""
    history = histories([[0, 1, 2], [3], [5, 0]], users=[2, 3, 4])
    target = histories([[3, 4, 6], [1, 2, 0], [6]], users=[2, 3, 4])
    queries = Queries(history, history, target)
    counts = np.array([3, 2, 2, 1, 1, 1])
    return Split(
        train=histories([[0, 1, 2, 3], [0, 4, 5, 1], [0, 2]], users=[0, 1, 7]),
        validation=queries.take(np.arange(0)),
        test=queries,
        catalogue=Catalogue(
            ids=np.array([f"i{code}" for code in range(7)]),
            popularity=counts,
            interactions=counts,
            n_users=3,
        ),
        user_ids=np.array([f"u{code}" for code in range(8)]),
        counts={},
    )


def by_code(queries: Queries, number: int) -> Ints:
    """The three items with the lowest codes that a user does not have."""
    lists = [[i for i in range(6) if i not in row][:3] for row in rows_of(queries.history)]
    return np.array([row + [-1] * (3 - len(row)) for row in lists], np.int32)


def rows_of(histories: Histories) -> list[list[int]]:
    """The items of each row."""
    return [histories.take(np.array([row])).item.tolist() for row in range(len(histories))]


def popular(split: Split) -> Policy:
    """The most popular items."""
    return RankingPolicy(popularity(split), SHOWN, split)


def random_items(split: Split, seed: int = 0) -> Policy:
    """The random control."""
    return random_policy(split.catalogue.n_items, SHOWN, seed)


def pairs(row: Ints, item: Ints) -> set[tuple[int, int]]:
    return set(zip(row.tolist(), item.tolist(), strict=True))


def before(environment: Environment, rollout: Rollout) -> Iterator[Histories]:
    """Histories before each round."""
    history = environment.start
    for shown, accepted in zip(rollout.shown, rollout.accepted, strict=True):
        yield history
        history = environment.grown(history, shown, accepted)
    yield history
