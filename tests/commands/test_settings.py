"""Settings of a run: the metrics that tables and figures show."""

from __future__ import annotations

import pytest
from helpers.composing import checked, composed

from lrec.base.errors import ConfigError
from lrec.commands.settings import USUAL


def test_every_chosen_metric_is_displayed() -> None:
    assert checked(composed("metric=[ndcg,gini,mae]")).displayed == ["ndcg", "gini", "mae"]


def test_of_the_standard_metrics_the_usual_are_displayed_and_all_added_ones() -> None:
    settings = checked(composed("+metric.mine._target_=lrec.evaluation.metric.recall.Recall"))
    assert set(USUAL) < set(settings.metric)
    assert settings.displayed == [*USUAL, "mine"]


@pytest.mark.parametrize("users", [0, -3])
def test_no_validation_users_are_refused(users: int) -> None:
    with pytest.raises(ConfigError, match=rf"validate_users must be 1 or more.*Received: {users} "):
        checked(composed(f"validate_users={users}"))
