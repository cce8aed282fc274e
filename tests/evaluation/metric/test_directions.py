"""Favourable direction and name of every metric."""

from __future__ import annotations

import pytest

from lrec.evaluation.metric import Metric
from lrec.evaluation.metric.aplt import APLT
from lrec.evaluation.metric.arp import ARP
from lrec.evaluation.metric.calibration import Calibration
from lrec.evaluation.metric.diversity import Diversity
from lrec.evaluation.metric.epc import EPC
from lrec.evaluation.metric.gini import Gini
from lrec.evaluation.metric.hit import Hit
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.metric.mae import MAE
from lrec.evaluation.metric.map import MAP
from lrec.evaluation.metric.mrr import MRR
from lrec.evaluation.metric.mse import MSE
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.novelty import Novelty
from lrec.evaluation.metric.popularity_lift import PopularityLift
from lrec.evaluation.metric.precision import Precision
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.metric.rmse import RMSE
from lrec.evaluation.metric.user_coverage import UserCoverage

DIRECTIONS: dict[type[Metric], int] = {
    **dict.fromkeys((Recall, Precision, NDCG, Hit, MRR, MAP), 1),
    **dict.fromkeys((Novelty, EPC, UserCoverage, ItemCoverage, APLT, Diversity, Calibration), 1),
    **dict.fromkeys((ARP, PopularityLift), 0),
    **dict.fromkeys((Gini, MSE, RMSE, MAE), -1),
}


@pytest.mark.parametrize(
    ("metric", "direction"),
    [pytest.param(metric, sign, id=metric.__name__) for metric, sign in DIRECTIONS.items()],
)
def test_direction_and_name(metric: type[Metric], direction: int) -> None:
    assert metric().direction == direction
    assert metric().name == metric.__module__.removeprefix("lrec.evaluation.metric.")
