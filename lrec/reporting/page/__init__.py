"""Self-contained HTML pages: one file, no network, no script, light and dark, small and printed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lrec.reporting import formatting

SHARED = Path(__file__).parent
COLOURS = 8  # in style.css


def render(template: Path, **values: Any) -> str:
    """A page from a template, which may extend those of this folder; the style sheet inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([template.parent, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": formatting.number,
        "signed": formatting.signed,
        "probability": formatting.probability,
        "metric": formatting.metric_name,
        "relative": formatting.relative,
    }
    style = (SHARED / "style.css").read_text()
    return environment.get_template(template.name).render(style=style, **values)


def line_colours(names: Iterable[str]) -> dict[str, str]:
    """A CSS variable of `style.css` for each name, in their order."""
    return {name: f"--c{index % COLOURS}" for index, name in enumerate(names)}
