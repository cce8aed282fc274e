"""Pairs of user and item that a model has been trained on, in the data that it goes on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.files import write_table
from lrec.data.alignment import seen
from lrec.data.interactions import Interactions
from lrec.data.queries import Split

if TYPE_CHECKING:
    import pandas as pd

PAIR = ["user_id", "item_id"]
COLUMN = "known"  # of a joined table: the time since when its pair is known


def known_targets(after: Split, before: Split) -> pd.DataFrame:
    """Targets of a split that a model was trained or, those of the test, selected on.

    Args:
        after: the split with the feedback.
        before: the split that the model was trained on, in the same item codes.

    Returns:
        Columns `user_id`, `item_id` and `tested`, true for targets of the test part.
    """
    import pandas as pd

    rows = []
    for queries, tested in ((after.test, True), (after.validation, False)):
        target = queries.target
        known = seen(target, after.user_ids, before, selected=tested)
        users = after.user_ids[target.user[target.row[known]]]
        items = after.catalogue.ids[target.item[known]]
        rows.append(pd.DataFrame({"user_id": users, "item_id": items, "tested": tested}))
    return pd.concat(rows, ignore_index=True)


def mark_known(table: Path, data: Interactions, pairs: pd.DataFrame | None) -> None:
    """Write in a joined table since when its pairs are known.

    Args:
        table: see `lrec.commands.update.feedback.join`.
        data: without the feedback; the earliest time of a pair there is the one that counts.
        pairs: those to mark; None marks all, new ones with their own time.
    """
    import pandas as pd

    joined = pd.read_parquet(table)
    earlier = pd.DataFrame(
        {"user_id": data.user_ids[data.user], "item_id": data.item_ids[data.item]}
    )
    time = np.zeros(len(data), np.int64) if data.timestamp is None else data.timestamp.clip(min=0)
    earlier["since"] = time if data.known is None else np.where(data.known >= 0, data.known, time)
    if pairs is not None:
        earlier = earlier.merge(pairs[PAIR].drop_duplicates(), on=PAIR)
    since = earlier.groupby(PAIR, as_index=False)["since"].min()
    found = joined[PAIR].merge(since, on=PAIR, how="left")["since"].astype(float)
    if pairs is None:
        found = found.fillna(joined["timestamp"].clip(lower=0) if "timestamp" in joined else 0.0)
    if COLUMN in joined:
        found = found.fillna(joined[COLUMN])
    write_table(table, joined.assign(**{COLUMN: found.to_numpy()}))
