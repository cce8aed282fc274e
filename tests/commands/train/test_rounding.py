"""A saved model that is rounded: what that does to the test metrics is said and logged."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.composing import checked, composed

from lrec.commands.settings import RunSettings
from lrec.commands.train import rounding
from lrec.commands.train.rounding import log_rounding
from lrec.evaluation.evaluator import Evaluator


class Logged:
    """A log that keeps metrics and tags."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def metrics(self, values: dict[str, float]) -> None:
        self.kept |= values

    tags = metrics


@pytest.mark.parametrize("users", [10_000, 40])
def test_difference_of_the_metrics_is_logged(users: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "USERS", users)
    config = composed("dataset.n_users=300", "dataset.n_items=80", "model=ease")
    settings: RunSettings = checked(config)
    settings.model.threshold = 0.02  # type: ignore[attr-defined]
    data = settings.dataset.load()
    parts = (settings.split(data), settings.metric, settings.bucket, settings.k)
    evaluator = Evaluator(*parts)
    any_: Any = None
    settings.model.fit(evaluator.split, any_, any_, 1, any_)
    ranker = evaluator.ranker(settings.model)
    evaluator.validate(ranker)  # its scores, which ratings are calibrated on, are kept
    result = evaluator.test(ranker)
    sample = evaluator.sample(users)
    exact = sample.test(ranker).values
    log: Any = Logged()
    line = log_rounding(log, evaluator, ranker, result, "val/ndcg_at_10/all")
    rounded = Evaluator(*parts).sample(users).test(ranker).values
    assert rounded["users/all"] == min(users, result.values["users/all"])
    differences = {key: abs(value - exact[key]) for key, value in rounded.items()}
    largest = log.kept["lrec.saved_differs_most_in"]
    assert log.kept["saved/largest_difference"] == differences[largest]
    assert differences[largest] == max(differences.values()) > 0
    ndcg = max(v for key, v in differences.items() if key.startswith("ndcg_at_10/"))
    assert log.kept["saved/ndcg_at_10_difference"] == ndcg > 0
    assert f"on {rounded['users/all']:.0f} test users ndcg@10 differs by {ndcg:.1e}" in line
