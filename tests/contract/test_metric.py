"""The contract of every metric that has a YAML in conf/metric."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.base.arrays import Floats
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.evaluation.metric import Lists, RankingMetric
from lrec.testing.metric import assert_metric_contract

METRICS = [name for name in options("metric") if name != "standard"]


@pytest.mark.parametrize("name", METRICS)
def test_metric_keeps_the_contract(name: str) -> None:
    assert_metric_contract(component_class("metric", name)())


class WrongShape(RankingMetric):
    name = "wrong_shape"

    def __call__(self, lists: Lists, k: int) -> Floats:
        return lists.hits[:3, 0].astype(float)


class WholeList(RankingMetric):
    name = "whole_list"

    def __call__(self, lists: Lists, k: int) -> Floats:
        return (lists.hits @ np.arange(lists.hits.shape[1])).astype(float)


class Integers(RankingMetric):
    name = "integers"

    def __call__(self, lists: Lists, k: int) -> Floats:
        return lists.hits[:, :k].sum(axis=1)


@pytest.mark.parametrize("metric", [WrongShape(), WholeList(), Integers()], ids=lambda m: m.name)
def test_wrong_metrics_break_it(metric: RankingMetric) -> None:
    with pytest.raises(AssertionError):
        assert_metric_contract(metric)
