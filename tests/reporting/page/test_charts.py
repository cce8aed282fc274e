"""Charts: labels that do not pile up, titles of axes, and drawings that stand on their own."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import defaultdict
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrec.reporting.page import svg
from lrec.reporting.page.line_chart import Line, line_chart
from lrec.reporting.page.row_chart import Group, Row, row_chart
from lrec.reporting.page.scatter_chart import Point, scatter_chart
from lrec.reporting.page.svg import Chart, apart

NAMES = ("popularity", "a very long name of a model with its feature", "<vae> & more")
ROWS = [Row(name, "undecided  +0.0020 (−0.0040 to +0.0080)", 0.2, 0.1, 0.3) for name in NAMES]
CHARTS = {
    "rows": row_chart("n", "t", [Group("tail", "50 users", ROWS, 0.2)], "ndcg@10", zero=True),
    "shares": row_chart(
        "n",
        "t",
        [Group("tail", "", [Row("vae", shares=[(0.2, "--good"), (0.8, "--bad")])])],
        "share",
        zero=True,
    ),
    "lines": line_chart(
        "n",
        "t",
        [Line(n, "--c0", [0.1] * 100, [0.0] * 100, [0.2] * 100) for n in NAMES],
        [str(step + 1) for step in range(100)],
        ("round", "% of users"),
    ),
    "points": scatter_chart(
        "n",
        "t",
        [Point(n, "--c0", (0.1, 0.2, 0.3), (0.1, 0.2, 0.3)) for n in NAMES],
        ("novelty", "ndcg@10, tail"),
        zero=True,
    ),
}
TITLES = {
    "rows": {"ndcg@10"},
    "shares": {"share"},
    "lines": {"round", "% of users"},
    "points": {"novelty", "ndcg@10, tail"},
}
SIZES = [(kind, size) for kind, chart in CHARTS.items() for size in range(len(chart.drawings))]


def texts(drawing: str) -> list[tuple[float, float, float, str]]:
    """Left, right and base line of all words."""
    found = []
    for text in ElementTree.fromstring(drawing).iter("text"):
        words = "".join(text.itertext())
        width = svg.width_of(words)
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        shift = {"middle": width / 2, "end": width}.get(text.get("text-anchor", ""), 0)
        found.append((x - shift, x - shift + width, y, words))
    return found


@pytest.mark.parametrize(("kind", "size"), SIZES)
def test_words_lie_within_the_chart_and_apart(kind: str, size: int) -> None:
    drawing = CHARTS[kind].drawings[size]
    width = float(ElementTree.fromstring(drawing).attrib["width"])
    lines = defaultdict(list)
    for left, right, y, words in texts(drawing):
        assert left >= -1, words
        assert right <= width + 1, words
        lines[round(y)].append((left, right, words))
    for on_line in lines.values():
        for (_, end, one), (start, _, other) in pairwise(sorted(on_line)):
            assert end <= start + 1, (one, other)


@pytest.mark.parametrize(("kind", "size"), SIZES)
def test_axes_have_titles(kind: str, size: int) -> None:
    assert TITLES[kind] <= {words for *_, words in texts(CHARTS[kind].drawings[size])}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_chart_is_taken_away_as_a_file_of_its_own(chart: Chart) -> None:
    kind, _, content = chart.link.partition(",")
    assert kind == "data:image/svg+xml;base64"
    file = b64decode(content).decode()
    assert ElementTree.fromstring(file).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in file
    assert set(re.findall(r"#\w{6}", file)) > {"#ffffff"}


def test_values_lie_on_their_axis() -> None:
    """A point at 0 on the line at 0, and one in the middle of its interval."""
    rows = [Row("none", value=0.0), Row("half", value=0.5, low=0.0, high=1.0)]
    chart = row_chart("n", "t", [Group("all", "", rows)], "value", zero=True)
    root = ElementTree.fromstring(chart.drawings[0])
    (zero,) = (float(t.attrib["x"]) for t in root.iter("text") if t.text == "0.0")
    first, second = (float(c.attrib["cx"]) for c in root.iter("circle"))
    assert first == pytest.approx(zero, abs=0.2)
    (span,) = (i for i in root.iter("line") if i.get("stroke-width") == "2.5")
    low, high = float(span.attrib["x1"]), float(span.attrib["x2"])
    assert (low, (low + high) / 2) == pytest.approx((zero, second), abs=0.2)


def test_a_line_without_values_is_not_drawn() -> None:
    lines = [Line("some", "--c0", [0.1, None]), Line("none", "--c1", [None, float("nan")])]
    chart = line_chart("n", "t", lines, ["1", "2"], ("round", "%"), full=False)
    assert [line.is_drawn for line in lines] == [True, False]
    assert ">some<" in chart.drawings[0]
    assert ">none<" not in chart.drawings[0]


@pytest.mark.parametrize(
    ("until", "dashed", "solid", "marks"), [(0, [], [3], 0), (2, [3], [1], 1), (3, [3], [0], 0)]
)
def test_a_line_is_dashed_until_its_values_are_its_own(
    until: int, dashed: list[int], solid: list[int], marks: int
) -> None:
    """Both parts meet at the first value of its own, which is marked where it is the only one."""
    line = Line("late", "--c0", [0.1, 0.2, 0.3], dashed_until=until)
    drawing = line_chart("n", "t", [line], ["0", "1", "2"], ("items", "%")).drawings[0]
    root = ElementTree.fromstring(drawing)
    strokes = list(root.iter("polyline"))
    points = {
        is_dashed: [
            len(stroke.attrib["points"].split())
            for stroke in strokes
            if ("stroke-dasharray" in stroke.attrib) is is_dashed
        ]
        for is_dashed in (True, False)
    }
    assert points == {True: dashed, False: solid}
    assert len(list(root.iter("circle"))) == marks


@given(st.lists(st.floats(0, 240), max_size=12))
def test_labels_keep_their_distance_and_their_order(heights: list[float]) -> None:
    moved = apart(heights, 240)
    assert all(-0.01 <= height <= 240.01 for height in moved)
    for low, high in pairwise(sorted(moved)):
        assert high - low >= svg.LABEL - 0.01
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    assert [moved[index] for index in order] == sorted(moved)


@pytest.mark.parametrize("name", ["vae", "popularity"])
def test_words_on_a_narrow_screen_are_whole(name: str) -> None:
    words = "undecided −0.0013 (−0.0038 to +0.0012)"
    note = "people with more than 24 items, 1,000,333 in the test"
    group = Group("torso", note, [Row(name, words, 0.2, 0.1, 0.3)])
    narrow = row_chart("n", "t", [group], "ndcg@10", zero=True).drawings[-1]
    shown = [words for *_, words in texts(narrow)]
    assert {name, words, "torso"} <= set(shown)
    assert note in " ".join(shown)
