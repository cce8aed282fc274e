"""A comparison as LaTeX tables, for a paper."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lrec.commands.compare.charts import metrics_of
from lrec.commands.compare.course import kind_of
from lrec.evaluation.comparison.comparison import BETTER, TOO_FEW, WORSE, Comparison
from lrec.reporting.formatting import metric_name, number

MARKS = {BETTER: r"$^{+}$", WORSE: r"$^{-}$"}
SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "β": r"$\beta$",
}
HEAD = """\
% Tables of lrec {version}: the primary metric first, then every other, at the longest list.
% They need \\usepackage{{booktabs}}; \\input this file, or copy the tables that you want.
% {command}
"""
TABLE = """\
\\begin{{table}}
  \\centering
  \\caption{{{caption}}}
  \\label{{tab:{label}}}
  \\begin{{tabular}}{{l{columns}}}
    \\toprule
    model & {heads} \\\\
    \\midrule
{rows}
    \\bottomrule
  \\end{{tabular}}
\\end{{table}}
"""


def latex(comparison: Comparison, facts: Mapping[str, Any]) -> str:
    """One table of models by buckets for each metric of the page, in booktabs' style.

    Args:
        facts: of the page.
    """
    names = [metric for metric in metrics_of(comparison) if _has_values(comparison, metric)]
    tables = [table(comparison, metric, facts["buckets"], facts["plain"]) for metric in names]
    head = HEAD.format(version=facts["version"], command=facts["command"].replace("\n", " "))
    return "\n".join([head, *tables])


def table(
    comparison: Comparison,
    metric: str,
    edges: Mapping[str, str] | None = None,
    plain: Collection[str] = (),
) -> str:
    """One metric as a `table` with a caption and a label: models by buckets.

    A cell is the mean over seeds and parts of the data, ± their standard deviation where there are
    several; the best value of a bucket is bold. Verdicts against the baseline mark the primary
    metric.

    Args:
        edges: bucket -> its meaning, in words.
        plain: metrics of which nothing is bold, as they do not ask whether a list was right.
    """
    buckets = comparison.buckets
    direction = 0 if metric in plain else comparison.directions[metric]
    heads = []
    for bucket in buckets:
        users = comparison.row(comparison.baseline, comparison.primary, bucket)["users"]
        heads.append(f"{escaped(bucket)} ({users:,})")
    rows = {
        model: [comparison.find(model, metric, bucket) for bucket in buckets]
        for model in comparison.models
    }
    best = [
        best_of([row for row in column if row is not None], direction)
        for column in zip(*rows.values(), strict=True)
    ]
    lines = []
    for model, cells in rows.items():
        words = [cell(row, top) for row, top in zip(cells, best, strict=True)]
        lines.append(f"    {escaped(model)} & {' & '.join(words)} \\\\")
    shown = [row for cells in rows.values() for row in cells if row is not None]
    return TABLE.format(
        caption=caption(
            metric, shown, comparison.baseline, edges or {}, direction != 0, comparison.parts
        ),
        label=f"lrec-{metric.replace('_', '-')}",
        columns="r" * len(buckets),
        heads=" & ".join(heads),
        rows="\n".join(lines),
    )


def caption(
    metric: str,
    rows: Sequence[Mapping[str, Any]],
    baseline: str,
    edges: Mapping[str, str],
    bold: bool,
    parts: list[str],
) -> str:
    """The caption: metric, users, and the meaning of what the cells show."""
    said = [f"{metric_name(metric)} by bucket of users (numbers of users in brackets)"]
    if edges:
        said.append("; ".join(f"{bucket}: {words}" for bucket, words in edges.items()))
    text = escaped(". ".join(said))
    if any(row.get("seeds_sd") for row in rows):
        over = f"{kind_of(parts)}s and seeds" if parts else "seeds"
        text += rf". Mean $\pm$ standard deviation over {over}"
    if bold:
        text += ". Bold: the best"
    verdicts = {row["verdict"] for row in rows}
    if marks := [verdict for verdict in MARKS if verdict in verdicts]:
        words = ", ".join(f"{MARKS[verdict]} {verdict}" for verdict in marks)
        text += f". {words} than {escaped(baseline)} ($p \\leq .05$ after Holm, paired)"
    return text + "."


def cell(row: Mapping[str, Any] | None, best: float | None) -> str:
    """A value with deviation and mark, bold where it is the best as printed."""
    if row is None or row["value"] is None:
        return "--"
    words = number(row["value"])
    is_best = best is not None and words == number(best)
    words = words.replace("-", "$-$")
    if is_best:
        words = rf"\textbf{{{words}}}"
    if row.get("seeds_sd"):
        words += rf" $\pm$ {number(row['seeds_sd'])}"
    return words + MARKS.get(row["verdict"], "")


def best_of(rows: Collection[Mapping[str, Any]], direction: int) -> float | None:
    """The best value; None where no direction is better, or too few users have one."""
    values = [row["value"] for row in rows if row["value"] is not None]
    if not direction or not values or any(row["verdict"] == TOO_FEW for row in rows):
        return None
    return float(max(values, key=lambda value: direction * value))


def escaped(words: str) -> str:
    """Words in which LaTeX's special characters stand for themselves.

    >>> print(escaped("n <= 2 & 50 %"))
    n $\\leq$ 2 \\& 50 \\%
    """
    words = words.replace("<=", "≤").replace(">=", "≥")
    return "".join(SPECIAL.get(character, character) for character in words)


def _has_values(comparison: Comparison, metric: str) -> bool:
    rows = (comparison.find(m, metric, b) for m in comparison.models for b in comparison.buckets)
    return any(row is not None and row["value"] is not None for row in rows)
