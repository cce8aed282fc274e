"""Models that are trained again on the items accepted in earlier rounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.composing import checked, composed
from helpers.simulation import (
    SHOWN,
    START,
    before,
    histories,
    rows_of,
    three_users,
)

from lrec.commands.settings import Monitor, RunSettings
from lrec.commands.simulate.environment import (
    GroundTruthEnvironment,
)
from lrec.commands.simulate.retraining import (
    RankingPolicy,
    ValidationMonitor,
    popularity,
    refit,
    with_users,
)
from lrec.commands.simulate.rollout import roll_out
from lrec.data.queries import Split
from lrec.evaluation.evaluator import Evaluator
from lrec.model import Model
from lrec.reporting.terminal import Screen


def test_retraining_sees_the_training_data_and_everything_accepted(generated: Split) -> None:
    splits: list[Split] = []

    def train(split: Split) -> Model:
        splits.append(split)
        return popularity(split)

    environment = GroundTruthEnvironment(generated, START, 0)
    rollout = roll_out(
        environment, RankingPolicy(popularity(generated), SHOWN, generated, train), 3
    )
    grown = list(before(environment, rollout))
    n_items = generated.catalogue.n_items
    assert len(splits) == 2
    for split, history in zip(splits, grown[1:], strict=False):
        inside = history.within(n_items)
        assert len(split.train.item) == len(generated.train.item) + len(inside.item)
        assert split.catalogue.interactions.sum() == len(split.train.item)
        assert split.train.timestamp is not None
        assert len(split.train.timestamp) == split.train.offsets[-1] == len(split.train.item)
        assert split.catalogue.n_users == len(split.train)
    assert len(splits[0].train.item) < len(splits[1].train.item)


def test_accepted_items_count_once_for_each_user_as_popular() -> None:
    split = three_users()
    grown = with_users(split, histories([[0, 0, 6], [6], [5]], users=[2, 3, 4]))
    assert rows_of(grown.train) == [[0, 1, 2, 3], [0, 4, 5, 1], [0, 2], [0, 0], [5]]
    assert grown.train.user.tolist() == [0, 1, 7, 2, 4]
    assert (grown.catalogue.popularity - split.catalogue.popularity).tolist() == [1, 0, 0, 0, 0, 1]
    assert (grown.catalogue.interactions - split.catalogue.interactions).sum() == 3
    assert grown.catalogue.n_users == 5


@pytest.mark.parametrize("model", ["itemknn", "vae"])
def test_retraining_makes_another_model_and_leaves_the_first_alone(
    generated: Split, model: str
) -> None:
    settings = checked(composed(f"model={model}", "schedule.epochs=1", "metric=ndcg"))
    train = refit(settings, Screen())
    first = train(generated)
    environment = GroundTruthEnvironment(generated, START, 0)
    before = first.score(environment.start)
    ends = [
        roll_out(environment, RankingPolicy(first, SHOWN, generated, fit), 2).shown
        for fit in (None, train, train)
    ]
    np.testing.assert_array_equal(ends[0][0], ends[1][0])
    assert (ends[0][1] != ends[1][1]).any()
    np.testing.assert_array_equal(ends[1], ends[2])
    np.testing.assert_array_equal(first.score(environment.start), before)


def test_a_monitored_bucket_without_users_has_no_value(generated: Split) -> None:
    settings: RunSettings = checked(composed("model=itemknn", "metric=ndcg"))
    evaluator = Evaluator(generated, settings.metric, settings.bucket, settings.k)
    model = popularity(generated)
    sign = settings.monitor_sign
    of_all, of_none = (
        ValidationMonitor(evaluator, model, Monitor(f"val/ndcg_at_10/{group}", sign, []))
        for group in ("all", "nobody")
    )
    assert of_all.on_epoch_end(1, 0.0) > 0
    assert math.isnan(of_none.on_epoch_end(1, 0.0))
