"""Checks of ranges that arguments of several components have in common."""

from __future__ import annotations


def check_dropout(dropout: float) -> None:
    """Refuse a dropout that is no share below 1.

    Raises:
        ValueError: `dropout` is not from 0 to below 1.
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1. Received: {dropout}")


def check_sizes(**sizes: int) -> None:
    """Refuse layers without units.

    Raises:
        ValueError: a size is not positive.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be positive. Received: {size}")


def check_recency(recency: float) -> None:
    """Refuse a recency that does not fade with time.

    Raises:
        ValueError: `recency` is not above 0 and at most 1.
    """
    if not 0 < recency <= 1:
        raise ValueError(f"recency must be above 0 and at most 1. Received: {recency}")
