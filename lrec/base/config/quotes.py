"""Quoted strings of Hydra's grammar."""

from __future__ import annotations

import re

# Words that are themselves, but for those by which Hydra means something.
PLAIN = re.compile(r"(?!(nan|null|true|false|inf)$)\\?[a-z][\w/-]*", re.ASCII | re.IGNORECASE)


def in_quotes(value: str, mark: str = "'") -> str:
    """A value as a quoted string: a backslash counts double before a quotation mark only."""
    return (
        mark
        + re.sub(rf"(\\*)({mark}|$)", lambda m: m[1] * 2 + (f"\\{mark}" if m[2] else ""), value)
        + mark
    )


def text_item(value: str) -> str:
    """A text as an item of a list, in double quotes where Hydra might read anything else."""
    return value if PLAIN.fullmatch(value) else in_quotes(value, '"')
