"""Files of a comparison: tables, JSON, a page, what a paper takes; and its metrics in MLflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.base.files import write_table, write_text
from lrec.commands.citations import bibliography
from lrec.commands.compare.sentences import headline
from lrec.evaluation.comparison.comparison import Comparison
from lrec.model import Model

if TYPE_CHECKING:
    import pandas as pd

FIGURES = "figures"  # folder of charts as PDF and SVG


def write(
    folder: Path, comparison: Comparison, facts: Mapping[str, Any], models: Sequence[Model]
) -> list[Path]:
    """Write the comparison as tables, as JSON, as a page, and for a paper.

    Args:
        models: that are cited.

    Returns:
        The paths.
    """
    from lrec.commands.compare.charts import charts_of
    from lrec.commands.compare.latex import latex
    from lrec.commands.compare.page import page
    from lrec.commands.compare.paper_figures import write_figures

    content = {
        **facts,
        "baseline": comparison.baseline,
        "primary": comparison.primary,
        "headline": headline(comparison, facts["buckets"], not facts["baseline_named"]),
        "leads": {bucket: asdict(lead) for bucket, lead in comparison.leads.items()},
        "subsample": comparison.subsample,
        "rows": [comparison.row(*key) for key in comparison.keys],
        "items": comparison.item_records,
        "fairness": comparison.fairness_records,
        "served": [] if comparison.served is None else comparison.served.to_dict("records"),
        "course": comparison.course_records,
    }
    charts = charts_of(comparison, facts)
    texts = {
        "comparison.json": json.dumps(content, indent=1, allow_nan=False),
        "comparison.html": page(comparison, facts, charts),
        "comparison.tex": latex(comparison, facts),
        "references.bib": bibliography(models),
    }
    tables = {"comparison.csv": comparison.rows, "comparison_wide.csv": wide(comparison)}
    for name, table in tables.items():
        write_table(folder / name, table)
    for name, text in texts.items():
        write_text(folder / name, text)
    figures = write_figures(charts.all, folder / FIGURES)
    return [*(folder / name for name in (*tables, *texts)), *figures]


def wide(comparison: Comparison) -> pd.DataFrame:
    """One row for each model, one column for each metric and bucket, `<metric>/<bucket>`."""
    rows = comparison.rows
    columns = rows["metric"] + "/" + rows["bucket"]
    table = rows.assign(column=columns).pivot_table(
        index="model", columns="column", values="value", sort=False, dropna=False
    )
    return table.reindex(comparison.models)[list(dict.fromkeys(columns))].reset_index()


def differences(comparison: Comparison) -> dict[str, float]:
    """Metrics of a comparison in MLflow: `difference/<metric>/<bucket>/<model>`."""
    metrics = {}
    for model in comparison.models[1:]:
        for bucket in comparison.buckets:
            row = comparison.row(model, comparison.primary, bucket)
            if row["difference"] is not None:
                metrics[f"difference/{comparison.primary}/{bucket}/{model}"] = row["difference"]
    return metrics
