"""The page of a comparison: its order, charts, colours and links."""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers.comparisons import FACTS, small_comparison
from helpers.pages import assert_in_order

from lrec.commands.compare.charts import charts_of
from lrec.commands.compare.page import heat, page
from lrec.commands.compare.table import comparison_table
from lrec.evaluation.comparison.comparison import Comparison


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return small_comparison()


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
    return page(comparison, FACTS, charts_of(comparison, FACTS))


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
