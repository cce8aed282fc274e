"""The part of a split that is trained on: its catalogue without items that nobody trained on."""

from __future__ import annotations

from dataclasses import replace

from lrec.data.queries import Split


def trained_part(split: Split, least: int = 0) -> Split:
    """The split as a model is trained on it, with the items of the training data as its catalogue.

    Others keep their codes, behind it: alone, the model never recommends them.

    Args:
        least: number of first items that stay, which the model that it goes on from has.
    """
    catalogue = split.catalogue
    n_items = max(catalogue.n_trained, least)
    if not catalogue.all_items or n_items >= catalogue.n_items:
        return split
    return replace(split, catalogue=catalogue.first(n_items))
