"""Strong generalisation: whole users are held out, and part of their history is folded in."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lrec.base.arrays import Ints
from lrec.data.interactions import Interactions
from lrec.data.split import (
    EXCLUDED,
    FOLD_IN,
    TEST,
    TRAIN,
    VALIDATION,
    Splitter,
    check_seed,
    check_shares,
    rank_from_end,
    shuffled,
)


class UserHoldout(Splitter):
    """Some users are never trained on; a model sees part of their history and predicts the rest.

    The protocol of Liang et al. 2018. Held-out users with a single interaction have nothing to
    predict from or nothing to predict, and stay out.

    Args:
        validation, test: shares of the users to hold out.
        fold_in: share of a held-out user's interactions that the model sees.
        order: of the interactions: the model sees a `random` part, or by `time` the earliest.
        seed: of the choice of users and of the random part.
    """

    name = "user_holdout"
    history_part = FOLD_IN

    def __init__(
        self,
        validation: float = 0.1,
        test: float = 0.1,
        fold_in: float = 0.8,
        order: Literal["random", "time"] = "random",
        seed: int = 42,
    ) -> None:
        check_shares(validation, test)
        check_seed(seed)
        if not 0 < fold_in < 1:
            raise ValueError(f"fold_in must lie between 0 and 1. Received: {fold_in}")
        self.validation = validation
        self.test = test
        self.fold_in = fold_in
        self.order = order
        self.needs_order = order == "time"
        self.seed = seed

    def assign(self, data: Interactions) -> Ints:
        generator = np.random.default_rng(self.seed)
        order = generator.permutation(data.n_users)
        n_test = round(data.n_users * self.test)
        n_validation = round(data.n_users * self.validation)
        role = np.full(data.n_users, TRAIN, np.int8)
        role[order[:n_test]] = TEST
        role[order[n_test : n_test + n_validation]] = VALIDATION
        shuffle = None
        if self.order == "random":
            shuffle = shuffled(data, generator)
        else:
            self.need_order(data)
        from_end = rank_from_end(data, shuffle)
        activity = data.activity[data.user]
        n_target = np.clip(np.rint(activity * (1 - self.fold_in)), 1, np.maximum(activity - 1, 1))
        part = role[data.user]
        held_out = part != TRAIN
        part[held_out & (from_end >= n_target)] = FOLD_IN
        part[held_out & (activity < 2)] = EXCLUDED
        return part
