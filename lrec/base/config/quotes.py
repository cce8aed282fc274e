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


def text_item(value: str) -> str:
    """A text as an item of a list, in double quotes where Hydra would read anything else."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        read = OverridesParser.create().parse_override(f"x=[{value}]").value()
    except (HydraException, ValueError):
        read = None
    return value if read == [value] else in_quotes(value, '"')
