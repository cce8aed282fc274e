"""A comparison as a table in LaTeX."""

from __future__ import annotations

from lrec.evaluation.comparison.comparison import BETTER, WORSE, Comparison
from lrec.reporting.formatting import metric_name

MARKS = {BETTER: r"$^{\uparrow}$", WORSE: r"$^{\downarrow}$"}
SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "_%&#$"})


def latex_table(comparison: Comparison, metric: str) -> str:
    r"""Models by buckets: values, the best of each bucket bold, and marks of verdicts.

    Needs `\usepackage{booktabs}`.
    """
    direction = comparison.directions[metric]
    best = {}
    for bucket in comparison.buckets:
        rows = [comparison.find(model, metric, bucket) for model in comparison.models]
        values = [row["value"] for row in rows if row and row["value"] is not None]
        best[bucket] = max(values, key=lambda v: direction * v) if values and direction else None
    lines = []
    for model in comparison.models:
        cells = []
        for bucket in comparison.buckets:
            row = comparison.find(model, metric, bucket)
            if row is None or row["value"] is None:
                cells.append("--")
                continue
            text = f"{row['value']:.4f}".replace("0.", ".", 1)
            text = rf"\textbf{{{text}}}" if row["value"] == best[bucket] else text
            cells.append(text + MARKS.get(row["verdict"], ""))
        lines.append(" & ".join([_plain(model), *cells]) + r" \\")
    heading = " & ".join([_plain(metric_name(metric)), *map(_plain, comparison.buckets)])
    return "\n".join(
        [
            rf"\begin{{tabular}}{{l{'r' * len(comparison.buckets)}}}",
            r"\toprule",
            rf"{heading} \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _plain(text: str) -> str:
    return text.translate(SPECIAL)
