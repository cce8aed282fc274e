"""Item buckets and distances between groups in the tables and on the page of a comparison."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from helpers.pages import assert_in_order

from lrec.commands.compare.charts import charts_of
from lrec.commands.compare.page import page
from lrec.commands.compare.table import fairness_table, items_table
from lrec.evaluation.comparison.comparison import Comparison
from lrec.reporting.fairness_table import fairness_table as of_a_run
from lrec.reporting.item_table import item_table
from lrec.reporting.markdown import markdown

NAN = math.nan
BOUNDS = {"low": 0.1, "high": 0.3, "difference_low": NAN, "difference_high": NAN}
FURTHER = {"difference": 0.05, "difference_low": 0.01, "difference_high": 0.09}


@pytest.fixture
def some() -> Comparison:
    items = [
        {
            "measure": "item_recall_at_5",
            "items": name,
            "bucket": bucket,
            "model": model,
            "pairs": 40,
            "value": 0.2,
            "difference": NAN,
            **BOUNDS,
            **more,
        }
        for name in ("items-tail", "items-head")
        for bucket in ("all", "tail")
        for model, more in (("ease", {}), ("vae", FURTHER))
    ]
    fairness = [
        {
            "bucketing": "activity",
            "metric": "ndcg_at_10",
            "measure": measure,
            "model": model,
            "value": 0.25,
            "by_chance": 0.15,
            "difference": NAN,
            **BOUNDS,
            **more,
        }
        for measure in ("difference", "mean_difference", "ratio")
        for model, more in (("ease", {}), ("vae", FURTHER))
    ]
    row = {"metric": "ndcg_at_10", "users": 9, "value": 0.2, "verdict": "too few users"}
    names = ("value_low", "value_high", "seeds_low", "seeds_high", "baseline", "difference", "low")
    more = dict.fromkeys([*names, "high", "p", "p_holm", "effect_size", "detectable"], NAN)
    return Comparison(
        rows=pd.DataFrame([{"bucket": "all", "model": m, **row, **more} for m in ("ease", "vae")]),
        served=None,
        baseline="ease",
        primary="ndcg_at_10",
        models=["ease", "vae"],
        bucketings={"activity": []},
        directions={"ndcg_at_10": 1},
        subsample=5,
        items=pd.DataFrame(items),
        fairness=pd.DataFrame(fairness),
    )


def test_tables_on_screen(some: Comparison) -> None:
    by_items, apart = items_table(some), fairness_table(some)
    assert by_items is not None
    assert apart is not None
    text = markdown(by_items)
    assert_in_order(text, ["items-tail (40 targets)", "ease", "vae", "+0.0500", "items-head"])
    assert text.count("+0.0100 to +0.0900") == 2, "of the difference, in each item bucket"
    assert_in_order(markdown(apart), ["activity", "ease", "0.2500", "0.1500", "vae"])
    bare = replace(some, items=None, fairness=None)
    assert items_table(bare) is fairness_table(bare) is None


def test_the_page_has_both(some: Comparison) -> None:
    facts = {
        "buckets": {"items-tail": "n <= 2 training users: 7 items"},
        "baseline_named": True,
        "plain": [],
        "meanings": {"ndcg_at_10": "m"},
        "users": 9,
        "seeds": [1],
        "runs": {},
        "resamples": 100,
        "data": "d",
        "digest": "e",
        "split": {},
        "addresses": {},
        "command": "c",
        "version": "v",
    }
    html = page(some, facts, charts_of(some, facts))
    assert_in_order(
        html,
        [
            "How far groups lie apart: ndcg@10",
            "by chance 0.1500",
            "<b>+0.0500</b>",
            "Which items it finds",
            "n &lt;= 2 training users: 7 items, 40 targets",
            "By groups of people",
        ],
    )
    none = replace(some, items=None, fairness=None)
    without = page(none, facts, charts_of(none, facts))
    assert "How far groups" not in without
    assert "Which items" not in without


def test_tables_of_a_run() -> None:
    values = {
        "item_recall_at_5/items-tail/all": 0.25,
        "item_recall_at_5/items-tail/tail": 0.5,
        "item_targets/items-tail/all": 8.0,
        "item_exposure_at_5/items-tail/all": 0.125,
        "fairness/difference/ndcg_at_10/column": 0.25,
        "fairness/difference_low/ndcg_at_10/column": 0.125,
        "fairness/difference_high/ndcg_at_10/column": 0.5,
        "fairness/difference_by_chance/ndcg_at_10/column": 0.0625,
        "fairness/ratio/ndcg_at_10/column": 0.75,
    }
    edges = {"items-tail": "n <= 2", "items-head": "n > 2"}
    table = item_table(values, edges, ["all", "tail", "cold"], 5)
    assert table is not None
    assert [column.header.plain for column in table.columns] == [  # type: ignore[union-attr]
        *("items", "targets", "all", "tail", "of all lists"),
    ]
    assert_in_order(
        markdown(table), ["items-tail", "8", "0.2500", "0.5000", "12.5 %", "items-head"]
    )
    assert item_table(values, edges, ["all"], 9) is None
    apart = of_a_run({"vae": values, "popularity": {}}, "column", ["recall_at_5", "ndcg_at_10"])
    assert apart is not None
    assert_in_order(
        markdown(apart), ["ndcg@10", "vae", "0.2500", "0.1250 to 0.5000", "0.0625", "0.7500"]
    )
    assert "popularity" not in markdown(apart)
    assert of_a_run({"vae": values}, "activity", ["ndcg_at_10"]) is None
