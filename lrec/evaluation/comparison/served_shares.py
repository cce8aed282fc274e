"""Shares of users that each model serves better, as well, and worse than popularity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd


def served_shares(
    models: Sequence[str], values: Floats, direction: int, groups: Mapping[str, Ints]
) -> pd.DataFrame | None:
    """Shares of users that each model serves better, as well, and worse than popularity.

    Users for whom the metric is not defined are left out, so that shares sum to 1.

    Args:
        values: `(models, users)` of the primary metric; NaN where it is not defined.
        direction: 1 where more is better, -1 where less is.
        groups: user indices of each bucket.

    Returns:
        A row for each bucket and model; None without popularity among the models.
    """
    import pandas as pd

    if "popularity" not in models:
        return None
    leads = direction * (values - values[list(models).index("popularity")])
    defined = {
        (bucket, model): of_model[users][~np.isnan(of_model[users])]
        for bucket, users in groups.items()
        for model, of_model in zip(models, leads, strict=True)
    }
    return pd.DataFrame(
        [
            {
                "bucket": bucket,
                "model": model,
                "better": float((lead > 0).mean()),
                "same": float((lead == 0).mean()),
                "worse": float((lead < 0).mean()),
            }
            for (bucket, model), lead in defined.items()
            if len(lead)
        ]
    )


def mean_shares(parts: Sequence[pd.DataFrame | None]) -> pd.DataFrame | None:
    """Means of the shares over parts of the data; None without any."""
    import pandas as pd

    found = [part for part in parts if part is not None]
    if len(found) < 2:
        return found[0] if found else None
    keys = ["bucket", "model"]
    return pd.concat(found).groupby(keys, sort=False, as_index=False).mean()
