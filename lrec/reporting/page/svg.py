"""Charts in SVG: drawn in the sizes that a page shows, and to take away as a file."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

FULL = (720, 340)  # widths of a chart that takes a row of the page, on a wide and a narrow screen
SMALL = (340,)  # of one that stands beside others
CHARACTER = 7.2  # width of an average character in a wide font, in pixels
LABEL = 14.0  # height of a label
STYLE = Path(__file__).with_name("style.css")
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Chart:
    """A chart in each of its sizes.

    Attributes:
        name: of its file, without ending.
        title: says what it shows; it is read aloud where nothing can be seen.
        drawings: the same in SVG, the widest first.
    """

    name: str
    title: str
    drawings: tuple[str, ...]

    @property
    def link(self) -> str:
        """The address of the chart as a file, which holds the chart itself."""
        return (
            f"data:image/svg+xml;base64,{b64encode(standalone(self.drawings[0]).encode()).decode()}"
        )


def chart(
    name: str, title: str, widths: Sequence[int], draw: Callable[[int], tuple[int, list[str]]]
) -> Chart:
    """A chart from a function of its width.

    Args:
        draw: the height, and the elements, of a drawing of that width.
    """
    drawings = []
    for width in widths:
        height, parts = draw(width)
        drawings.append(
            element(
                "svg",
                *parts,
                viewBox=f"0 0 {width} {height}",
                width=width,
                height=height,
                role="img",
                aria_label=title,
                font_family=FONT,
                font_size=12,
            )
        )
    return Chart(re.sub(r"[^\w.-]+", "_", name), title, tuple(drawings))


def standalone(drawing: str) -> str:
    """A drawing as a file of its own: on white, in colours that need no style sheet."""
    painted = re.sub(r"var\((--\w+)\)", lambda found: light_colours()[found[1]], drawing)
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    head, bracket, rest = painted.partition(">")
    return (
        head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1) + bracket + paper + rest
    )


@cache
def light_colours() -> dict[str, str]:
    """The colours of `style.css` on light paper, by the names of its variables."""
    light = STYLE.read_text().partition("@media")[0]
    return dict(re.findall(r"(--\w+):\s*(#\w+)", light))


def element(tag: str, *content: str, **attributes: object) -> str:
    """An element with markup inside; attributes in snake case.

    >>> element("line", x1=0, y1=1.50, stroke_width=2)
    '<line x1="0" y1="1.5" stroke-width="2"/>'
    """
    names = {key: key if key == "viewBox" else key.replace("_", "-") for key in attributes}
    given = "".join(f' {names[key]}="{_plain(value)}"' for key, value in attributes.items())
    return f"<{tag}{given}>{''.join(content)}</{tag}>" if content else f"<{tag}{given}/>"


def text(x: float, y: float, words: str, colour: str = "--ink", **attributes: object) -> str:
    """Words with their base line at a point."""
    return element("text", escape(words), x=x, y=y, fill=f"var({colour})", **attributes)


def line(x1: float, y1: float, x2: float, y2: float, colour: str, **attributes: object) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=f"var({colour})", **attributes)


def mark(x: float, y: float, colour: str, shape: str = "dot") -> str:
    """A point: a `dot`, a `ring` or a `square`."""
    paint = f"var({colour})"
    if shape == "square":
        return element("rect", x=x - 5, y=y - 5, width=10, height=10, fill=paint)
    if shape == "ring":
        return element(
            "circle", cx=x, cy=y, r=4.5, fill="var(--paper)", stroke=paint, stroke_width=2
        )
    return element("circle", cx=x, cy=y, r=5, fill=paint)


def width_of(words: str) -> float:
    """About the width of words, in pixels."""
    return CHARACTER * len(words)


def shortened(words: str, width: float) -> str:
    """Words that fit into a width, cut with an ellipsis where they are longer."""
    room = max(int(width / CHARACTER), 2)
    return words if len(words) <= room else words[: room - 1] + "…"


def apart(heights: Sequence[float], high: float, gap: float = LABEL) -> list[float]:
    """Heights moved, in their order, until none is nearer to another than the gap.

    They stay from 0 to `high` where there is room for all.

    >>> apart([10, 12, 100], high=100, gap=14)
    [10, 24, 100]
    """
    moved = list(heights)
    order = sorted(range(len(moved)), key=lambda index: heights[index])
    for below, index in zip([None, *order], order, strict=False):
        moved[index] = max(moved[index], 0 if below is None else moved[below] + gap)
    ceiling = max(high, gap * (len(moved) - 1))
    for index in reversed(order):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved


def _plain(value: object) -> str:
    """A value as an attribute has it; numbers with a tenth of a pixel."""
    if isinstance(value, float):
        return f"{round(value, 1) + 0.0:g}"
    return escape(str(value))
