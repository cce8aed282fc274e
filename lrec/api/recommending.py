"""Histories from Python as a frame of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arguments import described
from lrec.base.errors import ConfigError, listed

if TYPE_CHECKING:
    import pandas as pd

SHAPE = 'histories must be lists of item ids, one for each user: [["a", "b"], ["c"]]'


def requests_of(histories: pd.DataFrame | pd.Series | Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A frame with the column `history`, as it is given or of one list for each user.

    A wrong shape would be answered too, with what is popular: its ids are not known.

    Raises:
        ConfigError: they are of another shape.
    """
    import pandas as pd

    if isinstance(histories, pd.DataFrame):
        if "history" not in histories:
            raise ConfigError(
                "histories must have the column history, a list for each user, such as "
                'frame.groupby("user")["item"].apply(list).to_frame("history"). '
                f"Received columns: {listed(histories.columns)}"
            )
        return histories
    if isinstance(histories, Mapping):
        raise ConfigError(f"{SHAPE}, or pd.Series(…) of a dict. Received: {described(histories)}")
    if isinstance(histories, str | bytes) or not isinstance(
        histories, Sequence | np.ndarray | pd.Series
    ):
        raise ConfigError(f"{SHAPE}. Received: {described(histories)}")
    rows = list(histories)
    for number, row in enumerate(rows):
        if not (isinstance(row, list | tuple) or (hasattr(row, "tolist") and np.ndim(row) == 1)):
            raise ConfigError(f"{SHAPE}. Received: {described(row)} in row {number}")
    index = histories.index if isinstance(histories, pd.Series) else None
    lists = [row if hasattr(row, "tolist") else list(row) for row in rows]
    return pd.DataFrame({"history": pd.Series(lists, index, dtype=object)})
