"""A sample of validation users stands for all: always the same one, and never in the test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.composing import checked, composed

from lrec.commands.settings import RunSettings
from lrec.data.queries import Queries, Split
from lrec.evaluation.evaluator import Evaluator, sampled
from lrec.evaluation.ranking import Ranking
from lrec.model import Model
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import Popularity


@pytest.fixture(scope="module")
def settings() -> RunSettings:
    words = ("split=leave_one_out", "dataset.n_users=300", "dataset.n_items=80")
    config = composed(*words, "metric=[recall,mse]", "seed=5")
    return checked(config, trains=False)


@pytest.fixture(scope="module")
def split(settings: RunSettings) -> Split:
    return settings.split(settings.dataset.load())


@pytest.fixture(scope="module")
def model(split: Split) -> Model:
    model = ItemKNN()
    model.fit(split)
    return model


def evaluator_of(settings: RunSettings, split: Split, users: int | None) -> Evaluator:
    return Evaluator(split, settings.metric, settings.bucket, [10], users)


def users_of(queries: Queries) -> list[int]:
    return queries.user.tolist()


def test_the_sample_is_the_same_every_time_and_in_order(split: Split) -> None:
    part = split.validation
    first, again = sampled(part, 50), sampled(part, 50)
    assert users_of(first) == users_of(again) == sorted(set(users_of(first)))
    assert len(first) == 50
    assert set(users_of(first)) < set(users_of(part))
    assert users_of(first) != users_of(part)[:50]


@pytest.mark.parametrize("more", [0, 1, 10**9])
def test_as_many_as_there_are_or_more_are_all(split: Split, more: int) -> None:
    assert sampled(split.validation, len(split.validation) + more) is split.validation
    assert sampled(split.validation, None) is split.validation


def test_validation_ranks_the_sample_and_the_test_is_whole(
    settings: RunSettings, split: Split, model: Model
) -> None:
    whole, part = (evaluator_of(settings, split, users) for users in (None, 40))
    values = part.validate(part.ranker(model))
    assert values["users/all"] == 40
    assert whole.validate(whole.ranker(model))["users/all"] == len(split.validation)
    expected = evaluator_of(
        settings, replace(split, validation=sampled(split.validation, 40)), None
    )
    assert values == expected.validate(expected.ranker(model))
    other = Popularity()
    other.catalogue = split.catalogue
    assert part.validate(part.ranker(other))["users/all"] == 40

    def tested(evaluator: Evaluator) -> Any:
        return evaluator.test(evaluator.ranker(model))

    result, of_whole = tested(part), tested(whole)
    assert len(result.table) == len(split.test)
    np.testing.assert_array_equal(result.table["recall_at_10"], of_whole.table["recall_at_10"])


def test_scores_are_calibrated_on_the_sample(
    settings: RunSettings, split: Split, model: Model
) -> None:
    def tested(evaluator: Evaluator, validated: bool) -> float:
        ranker = evaluator.ranker(model)
        if validated:
            evaluator.validate(ranker)
        result = evaluator.test(ranker)
        assert result.rating_head == "calibrated"
        return result.values["mse/all"]

    part = tested(evaluator_of(settings, split, 60), True)
    assert part == tested(evaluator_of(settings, split, 60), False)  # as lrec evaluate does
    assert part != tested(evaluator_of(settings, split, None), True)
    too_few = evaluator_of(settings, split, 9)
    assert too_few.test(too_few.ranker(model)).rating_head.startswith("none: too few")


def test_recall_by_item_bucket_is_validated_where_nobody_trained_on_some_items(
    settings: RunSettings, split: Split
) -> None:
    """What serves such items is chosen on validation; elsewhere each epoch is spared the sums."""
    every = replace(split, catalogue=replace(split.catalogue, all_items=True))
    found = []
    for part in (every, split):
        model, evaluator = Popularity(), evaluator_of(settings, part, None)
        model.fit(part)
        values = evaluator.validate(evaluator.ranker(model))
        found.append({key.rpartition("/")[0] for key in values if key.startswith("item_")})
    names = [f"items-{name}" for name in ("tail", "torso", "head", "cold")]
    targets = {f"item_targets/{name}" for name in names}
    assert found == [targets | {f"item_recall_at_10/{name}" for name in names[:3]}, set()]


def test_ratings_alone_have_the_distances_between_groups(
    settings: RunSettings, split: Split
) -> None:
    evaluator = evaluator_of(settings, split, None)
    evaluator.buckets["test"] = [replace(b, fairness=True) for b in evaluator.buckets["test"]]
    assert evaluator.bias is not None
    found = evaluator.given(Ranking.empty(len(split.test)), evaluator.bias.predict(split.test), "")
    assert found.values == pytest.approx(evaluator.references()["bias"], nan_ok=True)
    assert found.values["fairness/ratio/mse/activity"] >= 1
    assert not [key for key in found.values if "recall" in key]
