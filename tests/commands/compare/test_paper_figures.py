"""Figures for papers: their files, their widths, and one look for each model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.comparisons import FACTS, small_comparison

from lrec.commands.compare.charts import charts_of
from lrec.commands.compare.paper_figures import PALETTE, WIDTHS, drawn, look, write_figures
from lrec.reporting.page.line_chart import Line, line_chart

CHARTS = charts_of(small_comparison(), FACTS)


def test_every_chart_is_written_as_pdf_and_svg_in_both_widths(tmp_path: Path) -> None:
    paths = write_figures(CHARTS.all, tmp_path / "figures")
    names = {CHARTS.values.name, CHARTS.differences.name}  # nobody has both tail and head
    kinds = {
        f"{name}_{width}.{kind}" for name in names for width in WIDTHS for kind in ("pdf", "svg")
    }
    assert {path.name for path in paths} == kinds
    assert all(path.read_bytes()[:4] == b"%PDF" for path in paths if path.suffix == ".pdf")
    (wide,) = (path for path in paths if path.name == f"{CHARTS.values.name}_wide.svg")
    assert re.search(r'<svg[^>]* width="504pt"', wide.read_text())  # 7 inches of 72 points


def test_the_same_comparison_gives_the_same_files(tmp_path: Path) -> None:
    first, second = (write_figures([CHARTS.values], tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_rows_stand_from_the_top_down_under_bold_titles() -> None:
    (axes,) = drawn(CHARTS.values, 3.3, {"ease": 0, "vae": 1, "gan": 2}).axes
    words = [(tick.get_text(), tick.get_fontweight()) for tick in axes.get_yticklabels()]
    assert words[:4] == [("all", "bold"), ("ease", "normal"), ("vae", "normal"), ("gan", "normal")]
    bottom, top = axes.get_ylim()
    assert bottom > top


@pytest.mark.parametrize("n", [8, 20])
def test_models_look_different(n: int) -> None:
    assert len({look(index) for index in range(n)}) == n
    assert len({look(index)[0] for index in range(n)}) == len(PALETTE)


def test_lines_have_bands_and_what_they_are_compared_with_is_dashed() -> None:
    lines = [
        Line("vae", "--c1", [0.1, 0.2], [0.0, 0.1], [0.2, 0.3]),
        Line("ease", "--c0", [0.0, 0.0], dashed=True),
    ]
    chart = line_chart("course", "Course.", lines, ["0", "1"], ("window", "ndcg@10"))
    (axes,) = drawn(chart, 3.3, {"ease": 0, "vae": 1}).axes
    styles = {line.get_label(): line.get_linestyle() for line in axes.get_lines()}
    assert styles == {"vae": "-", "ease": "--"}
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1"]
