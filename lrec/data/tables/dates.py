"""Dates in ISO's form, and their seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ZONES = (" UTC", " GMT")  # behind a time; pandas reads Z


def as_dates(column: pd.Series) -> pd.Series:
    """Cells in ISO's form, of which some programs write out the zone, as dates; others as none."""
    import pandas as pd

    if pd.api.types.infer_dtype(column, skipna=True) == "string":
        column = column.str.strip()
        for zone in ZONES:
            column = column.str.removesuffix(zone)
    dates: pd.Series = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    return dates


def since_1970(dates: pd.Series) -> pd.Series:
    """Seconds as float64; NaN for none. Nanoseconds would end in the year 2262."""
    import pandas as pd

    epoch = pd.Timestamp(0, tz="UTC").as_unit("us")
    seconds: pd.Series = (dates.dt.as_unit("us") - epoch) / pd.Timedelta(seconds=1)
    return seconds
