"""Users by their bucket before and after their data has grown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.commands.recommend.users import of_all
from lrec.commands.settings import RunSettings
from lrec.data.alignment import find
from lrec.data.queries import Split
from lrec.evaluation.bucket import COLD, Bucketing

if TYPE_CHECKING:
    import pandas as pd

NEW = "new"  # where users come from that the data did not have


def bucket_transitions(parts: RunSettings, before: Split, after: Split) -> dict[str, pd.DataFrame]:
    """Users by their bucket before and after, a table for each bucketing.

    Every user of the data is counted; those that the data did not have before come from `new`.

    Args:
        before, after: splits of the data without and with what came since, in the same item codes.
    """
    known = find(after.user_ids, before.user_ids)
    return {
        name: transition_table(bucketing, before, after, known)
        for name, bucketing in parts.bucket.items()
    }


def transition_table(bucketing: Bucketing, before: Split, after: Split, known: Any) -> pd.DataFrame:
    """Counts of users, a row for each bucket before and a column for each one after.

    Args:
        known: `(n_users,)` code that a user had before, or -1.
    """
    import pandas as pd

    labels = []
    for split in (before, after):
        histories = of_all(split)
        labels.append(bucketing.sort(histories, split.train, split.catalogue).column)
    names = [COLD, *bucketing.names]
    came = np.where(known >= 0, labels[0][known], NEW)
    counts = pd.crosstab(came, labels[1])
    return counts.reindex(index=[NEW, *names], columns=names, fill_value=0).rename_axis(None)
