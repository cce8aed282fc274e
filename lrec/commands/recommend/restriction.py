"""Restriction of recommendations: to what users do not have, or to a list of items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrec.base.arrays import Ints, Strings
from lrec.base.errors import ConfigError, DataError, as_list, listed, nearest
from lrec.commands.recommend.users import codes_of, table_path
from lrec.data.histories import Histories
from lrec.data.tables.columns import ITEMS, find_column, names
from lrec.data.tables.reading import read_table

HISTORY, TARGETS, NONE = "history", "targets", "none"


def check_exclude(exclude: list[Any] | str, from_data: bool) -> None:
    """Refuse words that say nothing about what is left out.

    Args:
        exclude: item ids, or a word.
        from_data: True if the users are the data's, which knows what they did with an item.

    Raises:
        ConfigError: it is another word, or needs users of the data.
    """
    words = (HISTORY, TARGETS, NONE)
    if isinstance(exclude, str) and exclude not in words:
        raise ConfigError(
            f"exclude must be one of {', '.join(words)}{nearest(exclude, words)}, or a list of "
            f"item ids, {as_list('exclude', exclude)}. Received: {exclude}"
        )
    if exclude == TARGETS and not from_data:
        raise ConfigError(
            "exclude=targets needs users of the data, which tells what they bought and what they "
            "viewed: a new user's history does not. Choose history or none."
        )


def excluded_items(exclude: list[Any] | str, only: list[Any] | None, ids: Strings) -> Ints:
    """Codes of the items that nobody is recommended.

    Args:
        exclude: their ids, or a word that is about users' own items.
        only: ids of the items to choose from; None for all.
        ids: of the catalogue's items.

    Raises:
        DataError: the catalogue has no item to choose from.
    """
    given = exclude if isinstance(exclude, list) else []
    left_out = np.zeros(len(ids), bool)
    left_out[codes_of(given, ids, "exclude", needed="none")] = True
    if only is not None:
        outside = np.ones(len(ids), bool)
        outside[codes_of(only, ids, "only", needed="some")] = False
        left_out |= outside
    return np.flatnonzero(left_out)


def masked_items(own: Histories, excluded: Ints) -> Histories:
    """The users' own items with the excluded ones at the end of each."""
    if not len(excluded):
        return own
    n = len(own)
    row = np.concatenate([own.row, np.repeat(np.arange(n), len(excluded))])
    item = np.concatenate([own.item, np.tile(excluded, n)])
    order = np.argsort(row, kind="stable")
    return replace(
        Histories.of([[] for _ in range(n)]),
        offsets=own.offsets + np.arange(n + 1) * len(excluded),
        item=item[order].astype(np.int32),
    )


def ids_of(only: list[Any] | str | None) -> list[Any] | None:
    """The ids of items to choose from; None for all.

    Args:
        only: the ids, or the path of a table of them.

    Raises:
        DataError: the table cannot be read, or there is no id.
    """
    chosen = _ids_of_table(only) if isinstance(only, str) else only
    if chosen == []:
        raise DataError("only names no item to choose from. Received: []")
    return chosen


def _ids_of_table(given: str) -> list[str]:
    path = table_path("only", given)
    frame = read_table(path)
    column = find_column(frame, "auto", ITEMS, "only")
    if column is None:
        raise DataError(f"{path} has no item column. Its columns: {listed(frame.columns)}.")
    ids: list[str] = names(frame[column], column).dropna().tolist()
    return ids
