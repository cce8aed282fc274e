"""Parallel coordinates: lines, gaps and names."""

from __future__ import annotations

from lrec.reporting.page.parallel_chart import Course, Scale, parallel_chart

SCALES = [Scale("first", [(0.0, "1"), (1.0, "2")]), Scale("second", []), Scale("third", [])]


def test_a_line_has_a_gap_where_it_has_no_place() -> None:
    whole, cut = Course([0.0, 0.5, 1.0], "--c0"), Course([0.0, None, 1.0], "--c1")
    chart = parallel_chart("a", "b", SCALES, [whole, cut])
    for drawing in chart.drawings:
        assert drawing.count('stroke="var(--c0)"') == 2
        assert drawing.count('stroke="var(--c1)"') == 0
        assert drawing.count('stroke="var(--soft)"') == 3  # the axes


def test_strong_lines_lie_above_and_names_stay_apart() -> None:
    strong = Course([1.0, 1.0, 1.0], "--c0", strong=True, name="best")
    dashed = Course([1.0, 1.0, 1.0], "--c2", dashed=True, name="own")
    drawing = parallel_chart("a", "b", SCALES, [strong, dashed]).drawings[0]
    assert drawing.rindex('stroke="var(--c2)"') < drawing.index('stroke="var(--c0)"')
    assert drawing.count("stroke-dasharray") == 2
    before = [drawing.partition(f">{name}<")[0] for name in ("best", "own")]
    heights = [float(part.rpartition(' y="')[2].partition('"')[0]) for part in before]
    assert abs(heights[0] - heights[1]) >= 14
