"""The page of a comparison: its order, charts, colours and links."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.pages import assert_in_order

from lrec.commands.compare.page import heat, page
from lrec.commands.compare.table import comparison_table
from lrec.evaluation.comparison.comparison import Comparison

NAN = math.nan


def row(bucket: str, model: str, verdict: str, difference: float = NAN, **more: Any) -> Any:
    is_defined = not math.isnan(difference)
    return {
        "bucket": bucket,
        "model": model,
        "metric": "ndcg_at_10",
        "users": 50,
        "value": 0.2 + (difference if is_defined else 0),
        "value_low": 0.18,
        "value_high": 0.22,
        "seeds_low": 0.1,
        "seeds_high": 0.3,
        "baseline": 0.2,
        "difference": difference,
        "low": difference - 0.01,
        "high": difference + 0.01,
        "p": 0.01 if is_defined else NAN,
        "p_holm": 0.02 if is_defined else NAN,
        "effect_size": 0.25 if is_defined else NAN,
        "detectable": 0.03 if is_defined else NAN,
        "verdict": verdict,
        **more,
    }


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    rows = [
        row("all", "ease", "baseline"),
        row("all", "vae", "undecided", 0.005),
        row("all", "gan", "undecided", -0.005),
        row("tail", "ease", "baseline"),
        row("tail", "vae", "better", 0.05),
        row("tail", "gan", "worse", -0.02),
        row("head", "ease", "baseline", users=3),
        row("head", "vae", "too few users", users=3),
        row("head", "gan", "too few users", users=3),
    ]
    return Comparison(
        rows=pd.DataFrame(rows),
        served=None,
        baseline="ease",
        primary="ndcg_at_10",
        models=["ease", "vae", "gan"],
        bucketings={"activity": ["tail", "head"]},
        directions={"ndcg_at_10": 1},
        subsample=20,
    )


def test_colours_show_side_and_strength(comparison: Comparison) -> None:
    (cells,) = (line["cells"] for line in heat(comparison, "vae"))
    overall, tail, head = cells  # in the order of the table on screen
    assert (tail["side"], tail["strength"], tail["sure"]) == ("good", 0.5, True)
    assert head["side"] == "none"
    assert (overall["side"], overall["sure"]) == ("good", False)


def test_a_metric_that_does_not_ask_for_hits_has_no_colour(comparison: Comparison) -> None:
    """Much novelty of a bad list is nothing good; the numbers stay."""
    (line,) = heat(comparison, "gan", plain=["ndcg_at_10"])
    assert [cell["side"] for cell in line["cells"]] == ["none"] * 3
    assert line["cells"][1]["difference"] == -0.02


@pytest.fixture(scope="module")
def html(comparison: Comparison) -> str:
    runs = {m: [{"id": m, "seed": 1, "minutes": 1.0, "command": "lrec"}] for m in comparison.models}
    facts = {
        "version": "0",
        "command": "lrec compare <&>",
        "data": "csv",
        "digest": "d",
        "split": {"split": "ratio"},
        "users": 50,
        "buckets": {"tail": "n <= 2"},
        "seeds": [1],
        "resamples": 100,
        "baseline_named": False,
        "meanings": {"ndcg_at_10": "Gain: more hits, and sooner."},
        "plain": [],
        "runs": runs,
        "addresses": {"vae": "http://127.0.0.1:5000/#/experiments/1/runs/vae"},
    }
    return page(comparison, facts)


def test_a_page_names_what_is_undecided_or_missing(comparison: Comparison, html: str) -> None:
    assert html.count("too few users") == 6  # two rows of the chart in two sizes, and of the table
    assert "nan" not in html.lower()
    assert "None" not in html
    assert "lrec compare &lt;&amp;&gt;" in html
    assert np.all([f">{model}<" in html for model in comparison.models])


def test_a_page_opens_with_a_sentence_then_terms_values_and_differences(html: str) -> None:
    order = [
        "<p>For people with up to 2 items",
        "Gain: more hits, and sooner.",
        "95 % interval:",
        "<h2>How good each model is",
        "0.2000 (0.1800 to 0.2200)",
        "<h2>How far each model is from ease",
        "better  +0.0500",
        "<h2>Every metric",
    ]
    assert_in_order(html, order)


def test_all_stands_first_as_on_screen(comparison: Comparison, html: str) -> None:
    chart = html[html.index("<svg") : html.index("</svg>")]
    shown = re.findall(r'font-weight="bold">(\w+)<', chart)
    cells = map(str, comparison_table(comparison).columns[0].cells)
    on_screen = [cell.split()[0] for cell in cells if not cell.startswith(" ")]  # models' begin so
    assert shown == on_screen == ["all", "tail", "head"]


def test_every_chart_can_be_taken_away_and_every_model_leads_to_its_run(html: str) -> None:
    assert html.count("<figure>") == html.count(' download="') > 2
    assert set(re.findall(r'href="#(run-\w+)"', html)) <= set(re.findall(r'id="(run-\w+)"', html))
    assert 'href="#run-gan"' in html
    assert '<a href="http://127.0.0.1:5000/#/experiments/1/runs/vae"><code>vae</code></a>' in html


def test_every_table_scrolls_by_itself(html: str) -> None:
    tables = re.findall(r'(<div class="wide" tabindex="0" role="region"[^>]*>)?<table>', html)
    assert tables
    assert all(tables)
