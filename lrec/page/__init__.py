"""Self-contained HTML pages: one file, no network, no script, light and dark, small and printed."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from lrec import wording


def render(template: str, **values: Any) -> str:
    """A page from a template of this folder, with the style sheet inside it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("lrec", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.number,
        "signed": wording.signed,
        "probability": wording.probability,
        "metric": wording.metric_name,
        "relative": wording.relative,
    }
    style = files(__package__).joinpath("style.css").read_text()
    return environment.get_template(template).render(style=style, **values)
