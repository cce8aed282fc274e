"""Assertions on pages."""

from __future__ import annotations

from collections.abc import Sequence


def assert_in_order(text: str, parts: Sequence[str]) -> None:
    """All parts are there, one after the other."""
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
