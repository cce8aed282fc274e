"""One clock for all users: train on the past, test on the future."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.errors import DataError
from lrec.data.interactions import Interactions
from lrec.data.split import TEST, TRAIN, VALIDATION, Splitter, check_shares


class GlobalTime(Splitter):
    """Two cuts in time, the same for all users; validation lies between them.

    Users who first appear after the first cut have no training history: they are cold.

    Args:
        validation: share of the interactions (by time) between the cuts.
        test: share of the interactions behind the second cut.
    """

    name = "global_time"
    needs_order = True
    by_time = True

    def __init__(self, validation: float = 0.1, test: float = 0.1) -> None:
        check_shares(validation, test)
        self.validation = validation
        self.test = test

    def assign(self, data: Interactions) -> Ints:
        time = self.need_order(data)
        if not data.clock:
            raise DataError(
                "split=global_time needs a clock, and this data's timestamps are positions in "
                "each user's history (clock: false). Use split=leave_one_out or split=ratio."
            )
        cuts = [1 - self.test - self.validation, 1 - self.test]
        first, second = np.quantile(time, cuts, method="inverted_cdf")
        part = np.full(len(data), TRAIN, np.int8)
        part[time > first] = VALIDATION
        part[time > second] = TEST
        return part
