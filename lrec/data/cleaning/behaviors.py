"""Kinds of interactions, such as view, cart and purchase: their weights, and the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lrec.base.errors import DataError, listed, nearest
from lrec.data.interactions import Interactions


def check_behaviors(weights: Mapping[str, float] | None, targets: Sequence[str] | None) -> None:
    """Refuse weights and targets that leave nothing to train on, or nothing to hold out.

    Raises:
        ValueError: naming them.
    """
    if weights is not None and (min(weights.values(), default=0) < 0 or not any(weights.values())):
        raise ValueError(
            "behaviors must be weights of 0 (left out) or more, one of them more. "
            f"Received: {weights}"
        )
    if targets is not None:
        if not targets:
            raise ValueError("targets must name a behaviour, or be null. Received: []")
        unused = [name for name in targets if weights is not None and not weights.get(name)]
        if unused:
            raise ValueError(f"targets must be among behaviors. Received: {', '.join(unused)}")


def weigh(
    data: Interactions, weights: Mapping[str, float] | None, targets: Sequence[str] | None
) -> Interactions:
    """Give every behaviour its weight, and mark the targets; nothing is removed.

    Args:
        weights: by name; a behaviour that is not among them weighs 0. None weighs all 1.
        targets: names; None means all.

    Returns:
        The data with `behaviors` and, for each interaction, `weight`.

    Raises:
        DataError: the data has no such behaviour, or no behaviours.
    """
    if weights is None and targets is None:
        return data
    if data.behavior is None:
        raise DataError(
            "dataset.behaviors and dataset.targets need a column that tells behaviours, and the "
            "data has none under a usual name: dataset.behavior=<column>."
        )
    present = [behavior.name for behavior in data.behaviors]
    for key, names in (("behaviors", weights or ()), ("targets", targets or ())):
        for name in names:
            if name not in present:
                raise DataError(
                    f"dataset.{key}: the data has no behaviour {name}{nearest(name, present)}. It "
                    f"has: {listed(present)}."
                )
    chosen = tuple(
        replace(
            behavior,
            weight=1.0 if weights is None else float(weights.get(behavior.name, 0)),
            target=targets is None or behavior.name in targets,
        )
        for behavior in data.behaviors
    )
    weight = np.array([behavior.weight for behavior in chosen], np.float32)[data.behavior]
    return replace(data, behaviors=chosen, weight=weight)
