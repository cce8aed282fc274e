"""Sizes and times of models, and buckets in which a blend's lists are narrower."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.commands.blend.costs import costs, falls
from lrec.data.histories import Histories
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.metric.novelty import Novelty
from lrec.model.itemknn import ItemKNN


def test_costs_are_of_the_saved_state_and_of_single_requests() -> None:
    model = fitted(ItemKNN(3), split_of(BASKETS))
    found = costs({"itemknn": model}, Histories.of(BASKETS), n=3, k=2)["itemknn"]
    bytes_ = sum(np.asarray(array).nbytes for array in model.state().values())
    assert found["megabytes"] == pytest.approx(bytes_ / 1e6)
    assert 0 < found["p50_ms"] <= found["p99_ms"]


def test_only_buckets_with_narrower_lists_are_named() -> None:
    values = {"item_coverage_at_10/tail": 0.2, "item_coverage_at_10/head": 0.5}
    member = {"item_coverage_at_10/tail": 0.3, "item_coverage_at_10/head": 0.4}
    metrics = {"item_coverage": ItemCoverage(), "novelty": Novelty()}
    groups = ["all", "tail", "head"]
    assert falls(values, {"ease": member}, groups, [10], metrics) == [
        "item coverage@10 is below ease's: tail 0.3000 → 0.2000"
    ]
    assert falls(values, {"itself": values}, groups, [10], metrics) == []
