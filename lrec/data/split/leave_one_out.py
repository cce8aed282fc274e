"""Leave one out: each user's last interaction is the test, the one before it the validation."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Ints
from lrec.data.interactions import Interactions
from lrec.data.split import TEST, TRAIN, VALIDATION, Splitter, rank_from_end


class LeaveOneOut(Splitter):
    """Last interaction out; users of two have a test target only, users of one have none.

    Example:
        >>> import numpy as np
        >>> from lrec.data.interactions import Interactions
        >>> data = Interactions(
        ...     user=np.array([0, 0, 0, 1], np.int32),
        ...     item=np.array([2, 0, 1, 0], np.int32),
        ...     rating=None,
        ...     timestamp=np.array([10, 20, 30, 40]),
        ...     user_ids=np.array(["ann", "bob"]),
        ...     item_ids=np.array(["Alien", "Brazil", "Casablanca"]),
        ... )
        >>> split = LeaveOneOut()(data)
        >>> ids = split.catalogue.ids
        >>> ids[split.test.history.item].tolist(), ids[split.test.target.item].tolist()
        (['Casablanca', 'Alien'], ['Brazil'])
        >>> ids[split.train.item].tolist()
        ['Casablanca', 'Alien']
    """

    name = "leave_one_out"
    needs_order = True

    def assign(self, data: Interactions) -> Ints:
        self.need_order(data)
        from_end = rank_from_end(data)
        activity = np.repeat(data.activity, data.activity)
        part = np.full(len(data), TRAIN, np.int8)
        part[(from_end == 0) & (activity >= 2)] = TEST
        part[(from_end == 1) & (activity >= 3)] = VALIDATION
        return part
