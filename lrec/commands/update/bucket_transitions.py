"""Users by their bucket before and after their data has grown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Ints
from lrec.data.alignment import index_of
from lrec.data.queries import Split
from lrec.evaluation.bucket import COLD, Bucketing

if TYPE_CHECKING:
    import pandas as pd

NEW = "new"  # origin of users that the data did not have


def bucket_transitions(
    bucketings: Mapping[str, Bucketing], before: Split, after: Split
) -> dict[str, pd.DataFrame]:
    """Users by their bucket before and after, a table for each bucketing.

    Every user of the data is counted; those that the data did not have before come from `new`.

    Args:
        before, after: splits of the data without and with the feedback, in the same item codes.
    """
    codes_before = index_of(after.user_ids, before.user_ids)
    return {
        name: transition_table(bucketing, before, after, codes_before)
        for name, bucketing in bucketings.items()
    }


def transition_table(
    bucketing: Bucketing, before: Split, after: Split, codes_before: Ints
) -> pd.DataFrame:
    """Counts of users, a row for each bucket before and a column for each one after.

    Args:
        codes_before: `(n_users,)` code that each user of `after` had before, or -1.
    """
    import pandas as pd

    labels = [
        bucketing.sort(split.train_history_of_all(), split).column for split in (before, after)
    ]
    names = [COLD, *bucketing.names]
    origin = np.where(codes_before >= 0, labels[0][codes_before], NEW)
    counts = pd.crosstab(origin, labels[1])
    return counts.reindex(index=[NEW, *names], columns=names, fill_value=0).rename_axis(None)
