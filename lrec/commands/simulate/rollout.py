"""The feedback loop, offline: recommend, accept, append, and recommend again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Bools, Ints
from lrec.commands.simulate.environment import SHOW, Environment, uniform
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking.user_batches import batches

# Ranks catalogue items, `(n, k)` int32, -1 where there is none, in a round numbered from 1.
Policy = Callable[[Queries, int], Ints]


@dataclass(frozen=True)
class Rollout:
    """The rounds of one policy in an environment.

    Attributes:
        shown: `(rounds, n, k)` int32 items recommended, best first; -1 where there was none.
        accepted: `(rounds, n, k)` bool.
        history: of each user at the end.
    """

    shown: Ints
    accepted: Bools
    history: Histories


def roll_out(environment: Environment, policy: Policy, rounds: int) -> Rollout:
    """Recommend to all users, append the items they accept, and repeat."""
    history, shown, accepted = environment.start, [], []
    for number in range(1, rounds + 1):
        no_targets = history.keep(np.zeros(len(history.item), bool))
        shown.append(policy(Queries(history, history, no_targets), number))
        accepted.append(environment.accepted(shown[-1], history, number))
        history = environment.grown(history, shown[-1], accepted[-1])
    return Rollout(np.stack(shown), np.stack(accepted), history)


def random_policy(n_items: int, k: int, seed: int) -> Policy:
    """The control: k items of the catalogue, uniformly at random, without those in the history."""

    def recommend(queries: Queries, number: int) -> Ints:
        items = np.empty((len(queries), min(k, n_items)), np.int32)
        for rows in batches(len(queries), n_items):
            owned = queries.history.take(rows).within(n_items)
            key = uniform(seed, SHOW, number, owned.user[:, None], np.arange(n_items))
            key[owned.row, owned.item] = 1
            best = np.argpartition(key, items.shape[1] - 1, axis=1)[:, : items.shape[1]]
            order = np.take_along_axis(key, best, axis=1)
            best = np.where(order < 1, best, -1)
            items[rows] = np.take_along_axis(best, order.argsort(axis=1), axis=1)
        return items

    return recommend
