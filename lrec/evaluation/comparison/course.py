"""The course of a comparison over parts of the data, such as windows of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import nan_mean
from lrec.evaluation.bucket import SMALLEST_BUCKET
from lrec.evaluation.comparison.clusters import Part
from lrec.evaluation.statistics import bootstrap, interval

if TYPE_CHECKING:
    import pandas as pd


def course_of(
    names: Sequence[str], parts: Mapping[str, Part], buckets: Sequence[str], resamples: int
) -> pd.DataFrame:
    """The first metric in each part by itself: values, and differences to the first model.

    Args:
        names: of the models.
        parts: by their names, in their order.
        buckets: that are wanted; one without users in a part has no rows there.

    Returns:
        Columns part, bucket, model, users, value, value_low, value_high, difference, low and high:
        95 % intervals by the paired bootstrap over the part's users, NaN below 30 of them.
    """
    import pandas as pd

    rows = []
    for part, of_part in parts.items():
        for bucket in buckets:
            users = of_part.groups.get(bucket)
            if users is None:
                continue
            of_users = of_part.values[:, :, users, 0].mean(axis=1)
            columns = np.vstack([of_users, of_users[1:] - of_users[0]]).T
            low, high = np.full((2, columns.shape[1]), np.nan)
            if len(users) >= SMALLEST_BUCKET:
                low, high = interval(bootstrap(columns, resamples))
            n, none = len(names), np.array([np.nan])
            mean = nan_mean(columns, axis=0)
            rows.append(
                pd.DataFrame(
                    {
                        "part": part,
                        "bucket": bucket,
                        "model": names,
                        "users": len(users),
                        "value": mean[:n],
                        "value_low": low[:n],
                        "value_high": high[:n],
                        "difference": np.concatenate([none, mean[n:]]),
                        "low": np.concatenate([none, low[n:]]),
                        "high": np.concatenate([none, high[n:]]),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)
