"""A blend as a graph that runs without lrec: the same lists."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from lrec.base.errors import DataError
from lrec.commands.export.graph import export_graph
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.queries import Queries
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.evaluation.ranking import Ranker
from lrec.model.blend.blended import Blend
from lrec.model.blend.mixture import Mixture
from lrec.model.blend.probabilities import ScoreScale
from lrec.model.ease import EASE
from lrec.model.popularity import Popularity

HISTORIES = [[], [2], [4, 0, 7], [1, 30, 5, 9, 12, 8]]  # 30 is no item of the catalogue


@pytest.fixture(scope="module")
def blend() -> Blend:
    generator = np.random.default_rng(0)
    rows = [(user, item) for user in range(40) for item in generator.permutation(20)[:6]]
    user, item = np.array(rows, np.int32).T
    split = LeaveOneOut()(
        Interactions(
            user=user,
            item=item,
            rating=None,
            timestamp=np.arange(len(rows)),
            user_ids=np.array([f"u{code}" for code in range(40)]),
            item_ids=np.array([f"i{code}" for code in range(20)]),
        )
    )
    names = ("ease.EASE", "popularity.Popularity")
    blend = Blend({name[:4]: {"_target_": f"lrec.model.{name}"} for name in names})
    ease, popularity = EASE(5.0), Popularity()
    ease.fit(split)
    popularity.fit(split)
    blend.hand_over({"ease": ease, "popu": popularity})
    blend.mixture = Mixture(np.array([0.3, -0.3]), np.array([0.4, -0.2]), 1, 4)
    blend.scales = [ScoreScale("exponential", 5.0, 0.5), ScoreScale("power", 0.8, 1.0)]
    return blend


def test_the_graph_has_lrecs_lists(blend: Blend) -> None:
    histories = Histories.of(HISTORIES)
    own = Ranker(blend, 8)(Queries(histories, histories, Histories.of([[]] * len(histories))))
    padded = np.full((len(HISTORIES), 6), -1, np.int32)
    for row, history in enumerate(HISTORIES):
        padded[row, 6 - len(history) :] = history
    recommend = export_graph(blend).recommend
    found = recommend(history=tf.constant(padded), k=tf.constant(8))
    np.testing.assert_array_equal(found["items"].numpy(), own.items)
    np.testing.assert_allclose(found["scores"].numpy(), own.scores, rtol=1e-4)


def test_values_of_ranks_are_not_exported(blend: Blend) -> None:
    scales, blend.scales = blend.scales, [ScoreScale("rank", 1.0, 1.0)] * 2
    with pytest.raises(DataError, match="cannot be exported with scale=rank"):
        blend.export_scorer()
    blend.scales = scales
