"""Quoted strings of Hydra's grammar."""

from __future__ import annotations

import re


def in_quotes(value: str, mark: str = "'") -> str:
    """A value as a quoted string: a backslash counts double before a quotation mark only."""
    return (
        mark
        + re.sub(rf"(\\*)({mark}|$)", lambda m: m[1] * 2 + (f"\\{mark}" if m[2] else ""), value)
        + mark
    )
