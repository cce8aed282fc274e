"""First lines of a text table: what they tell of its form, and what must not stand there."""

from __future__ import annotations

import re

from lrec.base.errors import DataError, shown
from lrec.data.tables.columns import ITEMS, USERS, plain_name
from lrec.data.tables.text.dialect import LINES, SEPARATORS

SEP_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
HEADING = re.compile(r"\d+:")  # of the rows of an item
FIELD = re.compile(r"\w+/\w+: ")
QUOTED = re.compile(r'"[^"]*"')


def named_separator(text: str) -> str | None:
    """The separator that a first line `sep=;` names, as Excel writes it; None without one."""
    found = SEP_LINE.match(text)
    return None if found is None else found[1]


def has_blanks_to_skip(text: str, separator: str) -> bool:
    """True if blanks after separators belong to these: half of them have one, or one a quote."""
    if separator == " ":
        return True
    plain = QUOTED.sub('""', text)
    beside = f"{separator} "
    return f'{beside}"' in plain or 2 * plain.count(beside) >= max(plain.count(separator), 1)


def refuse_blocks(text: str) -> None:
    """Refuse rows below the item that they are about, and lines of one field each.

    Raises:
        DataError: saying what to do about them.
    """
    lines = [line for line in text.splitlines()[:LINES] if line.strip()]
    headings = [line for line in lines if HEADING.fullmatch(line.strip())]
    if 0 < len(headings) < len(lines):
        raise DataError(
            f"lines such as {shown(headings[0])} stand above the rows that they are about, as in "
            "the Netflix Prize's files: put them into the rows, as in "
            "awk -F: '/:$/ {item = $1; next} {print item \",\" $0}'."
        )
    if 2 * sum(FIELD.match(line) is not None for line in lines) > len(lines):
        raise DataError(
            f"it has a line for each field, such as {shown(lines[0])}, and a row for each "
            "interaction is needed: make a line of JSON of each block."
        )


def refuse_other_forms(text: str) -> None:
    """Refuse lines above the header, and lines of a user and items.

    Raises:
        DataError: saying what to do about them.
    """
    lines = text.splitlines()[:LINES]
    above = next((place for place, line in enumerate(lines) if _names_columns(line)), 0)
    if above:
        which = "the line" if above == 1 else f"the {above} lines"
        raise DataError(
            f"line {above + 1} looks like its header, {shown(lines[above])}: delete {which} above."
        )
    words = [line.split() for line in lines if line.strip()]
    if len({len(line) for line in words}) > 1 and all(map(_are_ids, words)):
        raise DataError(
            "its lines are numbers separated by spaces, and of different lengths: if each is of a "
            "user and items, set dataset.layout=lists."
        )


def _names_columns(line: str) -> bool:
    """True if a line has usual names of a user and an item column."""
    for separator in SEPARATORS:
        cells = {plain_name(cell) for cell in line.split(separator)}
        if not cells.isdisjoint(USERS) and not cells.isdisjoint(ITEMS):
            return True
    return False


def _are_ids(words: list[str]) -> bool:
    return all(map(str.isdecimal, words))
