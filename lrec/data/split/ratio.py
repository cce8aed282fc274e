"""A share of each user's interactions is held out, at random or the latest ones."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lrec.base.arrays import Ints
from lrec.data.interactions import Interactions
from lrec.data.split import (
    TEST,
    TRAIN,
    VALIDATION,
    Splitter,
    check_seed,
    check_shares,
    rank_from_end,
    shuffled,
)


class Ratio(Splitter):
    """Per user, the stated shares (rounded to whole interactions, halves to even) are held out.

    Args:
        validation, test: shares of each user's interactions.
        order: `random`, or `time` to hold out the latest ones.
        seed: of the random order; its own, so that runs of all training seeds have the same split.
    """

    name = "ratio"

    def __init__(
        self,
        validation: float = 0.1,
        test: float = 0.2,
        order: Literal["random", "time"] = "random",
        seed: int = 42,
    ) -> None:
        check_shares(validation, test)
        check_seed(seed)
        self.validation = validation
        self.test = test
        self.order = order
        self.needs_order = order == "time"
        self.seed = seed

    def assign(self, data: Interactions) -> Ints:
        order = None
        if self.order == "random":
            order = shuffled(data, np.random.default_rng(self.seed))
        else:
            self.need_order(data)
        from_end = rank_from_end(data, order)
        activity = data.activity[data.user]
        n_test = np.rint(activity * self.test)
        n_validation = np.rint(activity * self.validation)
        part = np.full(len(data), TRAIN, np.int8)
        part[from_end < n_test + n_validation] = VALIDATION
        part[from_end < n_test] = TEST
        return part
