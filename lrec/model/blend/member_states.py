"""States of a blend's members, nested in its own; and members that go on learning from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Arrays
from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.queries import Split
from lrec.model import Model, Pretrained
from lrec.model.common.protocols import Callback, Schedule, StatelessCallback, Strategy
from lrec.model.content.by_content import ByContent

# Of one member, beside its own state: vectors of its items, their number, and whether it scores
# others than those of training.
VECTORS, N_ITEMS, BY_CONTENT = "vectors", "n_items", "by_content"


def stored(members: Mapping[str, Model]) -> Arrays:
    """The states of members, each array under `member/name`."""
    arrays: Arrays = {}
    for name, member in members.items():
        arrays |= {f"{name}/{key}": array for key, array in member.state().items()}
        arrays[f"{name}/{N_ITEMS}"] = np.array(member.catalogue.n_items)
        arrays[f"{name}/{BY_CONTENT}"] = np.array(member.scores_by_content)
        vectors = member.catalogue.features.vectors
        if vectors is not None:
            arrays[f"{name}/{VECTORS}"] = vectors
    return arrays


def restored(
    members: Mapping[str, Model], state: Arrays, catalogue: Catalogue
) -> Mapping[str, Model]:
    """The members with what `stored` gave."""
    result = {}
    for name, member in members.items():
        own = state_of(name, state)
        catalogue_of_member = catalogue.first(int(own.pop(N_ITEMS, catalogue.n_items)))
        features = replace(catalogue.features, vectors=own.pop(VECTORS, None))
        catalogue_of_member = replace(catalogue_of_member, features=features)
        by_content = bool(own.pop(BY_CONTENT, False))
        result[name] = ByContent.around(member, catalogue_of_member) if by_content else member
        result[name].restore(own, catalogue_of_member)
    return result


def state_of(member: str, state: Arrays) -> Arrays:
    """The state of one member, by its own names."""
    start = f"{member}/"
    return {key[len(start) :]: array for key, array in state.items() if key.startswith(start)}


def learn_on(
    members: Mapping[str, Model],
    pretrained: Pretrained,
    split: Split,
    schedule: Schedule,
    strategy: Strategy,
    seed: int,
    callback: Callback,
) -> None:
    """Let each member go on from its saved state, as it does alone; simple ones learn anew.

    Args:
        pretrained: the blend that they are members of.
        callback: says which member learns.

    Raises:
        DataError: a member reads item vectors, which are not made again here.
    """
    for name, member in members.items():
        own = state_of(name, pretrained.state)
        for key in (N_ITEMS, BY_CONTENT):
            own.pop(key, None)
        if own.pop(VECTORS, None) is not None:
            raise DataError(
                f"{name} reads vectors of items (feature=…), which new items of a blend's update "
                "would lack: update its own run, then blend again."
            )
        callback.say(f"blend: {name} goes on learning")
        member.warm_start(replace(pretrained, state=own))
        member.fit(split, schedule, strategy, seed, MemberCallback(callback))


class MemberCallback(StatelessCallback):
    """Follows the training of a member: shows steps, evaluates nothing.

    Args:
        callback: of the blend.
    """

    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        self.wants_steps = callback.wants_steps

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self.callback.on_step_end(epoch, step, steps)

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        return math.nan
