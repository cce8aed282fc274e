"""Settings of a run: the metrics that tables and figures show."""

from __future__ import annotations

import pytest
from helpers.composing import checked, composed

from lrec.base.errors import ConfigError
from lrec.commands.evaluate.command import EvaluateSettings
from lrec.commands.settings import USUAL
from lrec.commands.tune.settings import TuneSettings


def test_every_chosen_metric_is_displayed() -> None:
    assert checked(composed("metric=[ndcg,gini,mae]")).displayed == ["ndcg", "gini", "mae"]


def test_of_the_standard_metrics_the_usual_are_displayed_and_all_added_ones() -> None:
    settings = checked(composed("+metric.mine._target_=lrec.evaluation.metric.recall.Recall"))
    assert set(USUAL) < set(settings.metric)
    assert settings.displayed == [*USUAL, "mine"]


def test_a_sampled_metric_is_not_monitored() -> None:
    words = r"monitor must be a metric of the full ranking.*Received: 'val/sampled_ndcg_at_10/all'"
    with pytest.raises(ConfigError, match=words) as refused:
        checked(composed("monitor=val/sampled_ndcg_at_10/all"))
    assert "\n" not in str(refused.value)
    word = "monitor=[val/ndcg_at_10/all,val/sampled_ndcg_at_10/all]"
    config = TuneSettings.stored(composed(word, root="tune"), [word])
    with pytest.raises(ConfigError, match=r"Received: val/sampled_ndcg_at_10/all"):
        checked(config, root=TuneSettings)


def test_sampled_metrics_are_displayed_behind_those_of_the_full_ranking() -> None:
    words = ("run=vae", "sampled_negatives=100", "metric=[recall,novelty,ndcg]")
    settings = checked(composed(*words, root="evaluate"), root=EvaluateSettings)
    assert settings.displayed == ["recall", "sampled_recall", "novelty", "ndcg", "sampled_ndcg"]
    without = checked(composed(*words[::2], root="evaluate"), root=EvaluateSettings)
    assert without.displayed == ["recall", "novelty", "ndcg"]


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("sampled_negatives=0", "sampled_negatives must be 1 or more, or null"),
        ("sampled_by=tail", "sampled_by must be one of uniform, popularity"),
        ("sampled_seed=-1", "sampled_seed must lie between 0 and"),
    ],
)
def test_draws_of_negatives_that_cannot_be_are_refused(word: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        checked(composed("run=vae", word, root="evaluate"), root=EvaluateSettings)


@pytest.mark.parametrize("users", [0, -3])
def test_no_validation_users_are_refused(users: int) -> None:
    with pytest.raises(ConfigError, match=rf"validate_users must be 1 or more.*Received: {users} "):
        checked(composed(f"validate_users={users}"))
