"""Times of tables: unix times, ISO dates, compact dates, or a declared format, as unix seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.arrays import Bools, Floats
from lrec.base.errors import DataError, shown
from lrec.data.tables.columns import parsed_numbers, refuse_unread, unread_cells
from lrec.data.tables.dates import as_dates, since_1970
from lrec.data.tables.time_advice import advice, way_for_few

if TYPE_CHECKING:
    import pandas as pd

TimeUnit = Literal["s", "ms", "us", "ns"]
PER_SECOND: dict[TimeUnit, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Seconds from 1970 to the year 5138: numbers beyond it are of another unit.
LATEST = 1e11
# Seconds from 1970 to 1990 and 2100: numbers between them are times of people's data.
RECENT, FUTURE = 631_152_000, 4_102_444_800
# Numbers that write out a date, by their digits: 20210301, 202103011230, 20210301123000.
COMPACT = {"%Y%m%d": 1, "%Y%m%d%H%M": 10**4, "%Y%m%d%H%M%S": 10**6}
YEARS = (1900, 2100)
EXCEL = "excel"  # days since 1899-12-30, as spreadsheets count them
EXCEL_1970, EXCEL_1990, EXCEL_2100 = 25_569, 32_874, 73_051
DAY = 86_400


def check_time_format(time_format: str | None) -> None:
    """Refuse a format that could not describe a time.

    Raises:
        ValueError: it is neither of strptime's directives nor `excel`.
    """
    if time_format is not None and time_format != EXCEL and "%" not in time_format:
        raise ValueError(
            "time_format must be written in strptime's directives, such as %d/%m/%Y, or be excel. "
            f"Received: {time_format!r}"
        )


def seconds(
    column: pd.Series,
    name: str,
    unit: TimeUnit = "s",
    time_format: str | None = None,
    positions: bool = False,
) -> pd.Series:
    """A column of numbers or dates as unix seconds, float64; empty cells are NaN.

    Args:
        unit: of numbers.
        time_format: of all cells, in strptime's directives, or `excel`; None recognises unix
            times, ISO dates and compact dates, one kind in a column.
        positions: True where numbers only order a history, and so are not judged as times.

    Raises:
        DataError: a value is no time, or times are of several kinds or of another unit.
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return since_1970(pd.to_datetime(column, utc=True))
    if time_format is not None:
        return _formatted(column, name, time_format)
    parsed = parsed_numbers(column)
    values, there = parsed.to_numpy(), parsed.notna().to_numpy()
    if not positions and there.all() and len(values) and _all_in_unit(values, unit):
        return parsed if unit == "s" else parsed / PER_SECOND[unit]  # and so of one kind
    text = unread_cells(column, parsed)
    dates = pd.Series(np.nan, column.index)
    if text.any() and column.dtype.kind == "O":
        dates.loc[text] = since_1970(as_dates(column[text]))
    unread = text & dates.isna()
    kind = f"a time (unix seconds or an ISO date; {advice(column, unread)})"
    refuse_unread(column, unread, name, kind)
    if positions:
        return (parsed / PER_SECOND[unit]).fillna(dates)
    compact = _compact_format(values[there])
    if compact is not None:
        return _formatted(parsed.astype("Int64").astype("str").where(there), name, compact)
    late = (parsed / PER_SECOND[unit]).abs() > LATEST
    other = _unit_of(values[there])
    choice = other if other not in (None, unit) else "ms|us|ns"
    way = way_for_few(column, late) or f"choose dataset.time_unit={choice}"
    beyond = f"times in {unit}, for they lie beyond the year 5138 ({way})"
    refuse_unread(column, late, name, beyond)
    _refuse_mixed(column, values, dates.notna().to_numpy(), name)
    if there.any():
        _refuse_other_kinds(values[there], name, unit, other)
    return (parsed / PER_SECOND[unit]).fillna(dates)


def is_of_times(values: Floats) -> bool:
    """True if numbers are unix times of people's data in any unit, or compact dates."""
    return _unit_of(values) is not None or _compact_format(values) is not None


def _formatted(column: pd.Series, name: str, time_format: str) -> pd.Series:
    """Seconds of cells that are all written in one format."""
    import pandas as pd

    if time_format == EXCEL:
        days = parsed_numbers(column)
        refuse_unread(column, unread_cells(column, days), name, "a day number of a spreadsheet")
        # Spreadsheets keep days as binary fractions: a second is not exact in them.
        return ((days - EXCEL_1970) * DAY).round(3)
    text = column.astype("str").str.strip().where(column.notna())
    dates = pd.to_datetime(text, errors="coerce", utc=True, format=time_format)
    parsed = since_1970(dates)
    unread = unread_cells(column, parsed)
    way = way_for_few(column, unread)
    kind = f"a time in the format {time_format}" + (f" ({way})" if way else "")
    refuse_unread(column, unread, name, kind)
    return parsed


def _compact_format(values: Floats) -> str | None:
    """The format of numbers that all write out a day of 1900 to 2099, or None."""
    formats = [f for f, digits in COMPACT.items() if len(values) and _is_day(values, digits).all()]
    return formats[0] if formats else None


def _is_day(values: Floats, digits: int) -> Bools:
    inside: Bools = (values >= 19000101 * digits) & (values < 21000000 * digits)
    days = values[inside]
    whole = days % 1 == 0
    days = days // digits
    month, day = days // 100 % 100, days % 100
    inside[inside] = whole & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return inside


def _in_unit(values: Floats, unit: TimeUnit) -> Bools:
    return (values >= RECENT * PER_SECOND[unit]) & (values < FUTURE * PER_SECOND[unit])


def _all_in_unit(values: Floats, unit: TimeUnit) -> bool:
    return bool(
        values.min() >= RECENT * PER_SECOND[unit] and values.max() < FUTURE * PER_SECOND[unit]
    )


def _unit_of(values: Floats) -> TimeUnit | None:
    """The unit in which all numbers lie between 1990 and 2100, or None."""
    units = [unit for unit in PER_SECOND if len(values) and _all_in_unit(values, unit)]
    return units[0] if units else None


def _refuse_mixed(column: pd.Series, values: Floats, dates: Bools, name: str) -> None:
    """Refuse a column in which numbers stand beside dates, or times of several kinds."""
    import pandas as pd

    kinds: dict[str, Bools] = {
        **{f"unix times in {unit}": _in_unit(values, unit) for unit in PER_SECOND},
        "compact dates": np.any([_is_day(values, digits) for digits in COMPACT.values()], axis=0),
    }
    if dates.any():
        kinds = {"numbers": np.isfinite(values), "dates": dates}
    kinds = {kind: rows for kind, rows in kinds.items() if rows.any()}
    if len(kinds) > 1:
        cells = column.tolist()
        found = ", ".join(
            f"{int(rows.sum())} {kind}, such as {shown(cells[int(np.argmax(rows))])}"
            for kind, rows in kinds.items()
        )
        ways = [way_for_few(column, pd.Series(rows, column.index)) for rows in kinds.values()]
        few = next((f"; {way}" for way in ways if way), "")
        raise DataError(
            f"column {name} mixes kinds of times: {found}. Write them in one way, or set "
            f"dataset.clock=false if they only order each history{few}."
        )


def _refuse_other_kinds(values: Floats, name: str, unit: TimeUnit, other: TimeUnit | None) -> None:
    """Refuse numbers that would all lie about 1970, and mean something else."""
    low, high = values.min(), values.max()
    if high / PER_SECOND[unit] >= RECENT:
        return
    received = f"Received: {low:.12g} to {high:.12g}"
    order = "or dataset.clock=false if they only order each history"
    if other is not None:
        raise DataError(
            f"column {name}: all times lie before 1990 if they are in {unit}, and after it in "
            f"{other}: set dataset.time_unit={other}. {received}"
        )
    if YEARS[0] <= low and high <= YEARS[1] and (values % 1 == 0).all():
        raise DataError(
            f"column {name} looks like years, not unix times: set dataset.time_format=%Y, {order}. "
            f"{received}"
        )
    if low >= EXCEL_1990 and high < EXCEL_2100:
        raise DataError(
            f"column {name} looks like day numbers of a spreadsheet, not unix times: set "
            f"dataset.time_format=excel, {order}. {received}"
        )
