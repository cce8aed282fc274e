"""A world whose catalogue has items that nobody trained on, with vectors of all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrec.commands.export.graph import export_graph
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.trained_part import trained_part
from lrec.model import Model
from lrec.model.common.protocols import StatelessCallback
from lrec.model.content.by_content import with_content

N_ITEMS, COLD = 150, 40


def world() -> Split:
    """Two kinds of users and items; a user has what is of the own kind; nobody has some of both."""
    draw = np.random.default_rng(3)
    pairs = [
        (user, int(item), step)
        for user in range(120)
        for step, item in enumerate(
            2 * draw.choice((N_ITEMS - COLD) // 2, 7, replace=False, p=skewed()) + user % 2
        )
    ]
    user, item, time = np.array(pairs).T
    kind = np.arange(N_ITEMS) % 2
    data = Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=None,
        timestamp=time,
        user_ids=np.array([f"person-{n}" for n in range(120)]),
        item_ids=np.array([f"i{n:03}" for n in range(N_ITEMS)]),
        features=ItemFeatures(described=np.ones(N_ITEMS, bool)),
        all_items=True,
    )
    split = LeaveOneOut()(data)
    code = np.array([int(name[1:]) for name in split.catalogue.ids])
    vectors = (np.eye(2)[kind] + 0.1 * draw.normal(size=(N_ITEMS, 2))).astype(np.float32)[code]
    content = replace(split.catalogue.features, vectors=vectors)
    return replace(split, catalogue=replace(split.catalogue, features=content))


def skewed() -> np.ndarray:
    weights = 1 / np.arange(1, (N_ITEMS - COLD) // 2 + 1)
    return weights / weights.sum()


def fitted(model: Model, split: Split) -> Model:
    """A model trained on the split, beside one by content where there are vectors."""
    model = with_content(model, split.catalogue)
    model.fit(trained_part(split), None, None, 1, StatelessCallback())  # type: ignore[arg-type]
    return model


@dataclass(frozen=True)
class Lists:
    """Items, best first, and their scores, both `(n, k)`."""

    items: np.ndarray
    scores: np.ndarray


def exported_lists(model: Model, histories: Histories, k: int) -> Lists:
    """The lists of a model's exported graph."""
    import tensorflow as tf

    longest = max(1, int(histories.lengths.max()))
    padded = np.full((len(histories), longest), -1, np.int32)
    padded[np.arange(longest) >= longest - histories.lengths[:, None]] = histories.item
    found = export_graph(model).recommend(history=tf.constant(padded), k=tf.constant(k))
    return Lists(found["items"].numpy(), found["scores"].numpy())
