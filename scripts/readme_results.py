"""The README's table and figure, from a finished run.

    lrec train model=vae
    python scripts/readme_results.py outputs/DATE/TIME      # the run's folder

Copies the figure by bucket to docs/by_bucket.png and prints the table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
METRICS = ("recall_at_20", "ndcg_at_10", "mse", "item_coverage_sub_at_20", "novelty_at_20")
BUCKETS = ("all", "tail", "torso", "head", "cold")


def main(argv: Sequence[str] | None = None, docs: Path = DOCS) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    shutil.copy(folder / "figures" / "by_bucket.png", docs / "by_bucket.png")
    rows = json.loads((folder / "metrics.json").read_text())
    users = next(iter(rows.values()))
    heads = " | ".join(f"{bucket} ({users[f'users/{bucket}']:,.0f})" for bucket in BUCKETS)
    print(f"| metric | | {heads} |")
    print("|---|---|" + "---:|" * len(BUCKETS))
    for metric in METRICS:
        label = metric.replace("_at_", "@").replace("_", " ")
        label = label.replace(" coverage sub", " coverage, equal-sized")
        for model, values in rows.items():
            cells = [values.get(f"{metric}/{bucket}") for bucket in BUCKETS]
            if any(cell is not None for cell in cells):
                shown = " | ".join("–" if cell is None else f"{cell:.3f}" for cell in cells)
                print(f"| {label} | {model} | {shown} |")
                label = ""


if __name__ == "__main__":
    main()
