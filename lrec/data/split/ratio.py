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

    With folds, each interaction belongs to one of them, and one fold is the test part: over all
    folds, each interaction is tested once. A user's interactions are dealt out in random order from
    a random fold on, so that folds have as many of them to within one; validation is what follows.

    Args:
        validation, test: shares of each user's interactions.
        order: `random`, or `time` to hold out the latest ones.
        seed: of the random order; its own, so that runs of all training seeds have the same split.
        folds: number of folds, which `test` does not count beside; None for a single test part.
        fold: the one that is tested, from 0.
    """

    name = "ratio"

    def __init__(
        self,
        validation: float = 0.1,
        test: float = 0.2,
        order: Literal["random", "time"] = "random",
        seed: int = 42,
        folds: int | None = None,
        fold: int = 0,
    ) -> None:
        if folds is not None and folds < 2:
            raise ValueError(f"folds must be 2 or more, or null. Received: {folds}")
        if not 0 <= fold < (folds or 1):
            raise ValueError(
                "fold must be one of the folds, which count from 0. "
                f"Received: fold={fold}, folds={'null' if folds is None else folds}"
            )
        if folds is not None and order == "time":
            raise ValueError(
                f"folds are drawn at random: set order=random. Received: order={order}"
            )
        check_shares(validation, test if folds is None else 1 / folds)
        check_seed(seed)
        self.validation = validation
        self.test = test
        self.order = order
        self.needs_order = order == "time"
        self.seed = seed
        self.folds = folds
        self.fold = fold

    def assign(self, data: Interactions) -> Ints:
        order = None
        generator = np.random.default_rng(self.seed)
        if self.order == "random":
            order = shuffled(data, generator)
        else:
            self.need_order(data)
        from_end = rank_from_end(data, order)
        activity = data.activity[data.user]
        n_test = np.rint(activity * self.test)
        if self.folds is not None:
            first = generator.integers(self.folds, size=data.n_users)[data.user]
            ahead = (first + from_end - self.fold) % self.folds  # 0 in the tested fold
            n_test = np.bincount(data.user[ahead == 0], minlength=data.n_users)[data.user]
            from_end = rank_from_end(data, (self.folds - ahead) * len(data) - from_end)
        n_validation = np.rint(activity * self.validation)
        part = np.full(len(data), TRAIN, np.int8)
        part[from_end < n_test + n_validation] = VALIDATION
        part[from_end < n_test] = TEST
        return part
