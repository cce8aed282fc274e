"""The numbers that a preset's comment promises, beside those of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lrec.base.config.conf import CONF
from lrec.reporting.formatting import metric_name

# `hit_at_10/all .096`; a list of values belongs to several splits, and is left to the reader.
VALUE = re.compile(r"(\w+/\w+) (\.\d+)(?!\d|, \.\d)")
TOLERANCE = 0.05  # relative, between seeds and machines


def expected(preset: str) -> dict[str, float]:
    """Metrics that the comment of a preset states behind `Expected:`, by name.

    None of a preset that lies in a folder of its author's, given by `--config-dir`.
    """
    path = CONF / "experiment" / f"{preset}.yaml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    comment = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    promised = comment.partition("Expected:")[2].partition("Published")[0]
    return {name: float(value) for name, value in VALUE.findall(promised)}


def expectation_line(preset: str | None, values: Mapping[str, float]) -> str:
    """A sentence on what a preset promises and the run got; empty without a preset or a promise."""
    promised = {} if preset is None else expected(preset)
    clauses = []
    for name, value in promised.items():
        if name in values:
            far = abs(values[name] - value) > TOLERANCE * value + 0.0005  # half the last digit
            mark = f" (differs by more than {TOLERANCE:.0%})" if far else ""
            shown = [f"{number:.4f}".removeprefix("0") for number in (value, values[name])]
            clauses.append(f"{metric_name(name)}: expected {shown[0][:4]}, got {shown[1]}{mark}")
    return f"preset {preset}: {'; '.join(clauses)}" if clauses else ""
