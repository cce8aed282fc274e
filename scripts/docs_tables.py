"""The tables of docs/, from finished runs: a row for each command and data, averaged over seeds.

    python scripts/docs_tables.py outputs/2026-01-31 outputs/multirun/2026-01-31/10-00-00

Takes folders and looks for runs in and below them. Minutes are from the writing of the config to
that of the metrics: loading, training and evaluation, without the start of Python.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

COLUMNS = (
    ("HR@10", "hit_at_10/all"),
    ("NDCG@10", "ndcg_at_10/all"),
    ("HR@10 tail", "hit_at_10/tail"),
    ("torso", "hit_at_10/torso"),
    ("head", "hit_at_10/head"),
    ("NDCG@10 tail", "ndcg_at_10/tail"),
    ("head", "ndcg_at_10/head"),
)
# Overrides that do not name the run.
ASIDE = ("dataset", "seed", "tracking", "hydra")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    folders = parser.parse_args(argv).folders
    runs = sorted({run for folder in folders for run in find(folder)})
    rows: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for run in runs:
        named, data = labels(run)
        rows[data, named].append(run)
    heads = [head for head, _ in COLUMNS]
    print("| run | seeds |", " | ".join([*heads, "minutes"]), "|")
    print("|---|---|", "---:|" * (len(heads) + 1), sep="")
    for (_, name), same in rows.items():
        cells = [shown([result(run)[metric] for run in same]) for _, metric in COLUMNS]
        minutes = f"{statistics.mean(map(duration, same)) / 60:.1f}"
        print(f"| {name} | {len(same)} |", " | ".join([*cells, minutes]), "|")


def find(folder: Path) -> Iterator[Path]:
    """Finished runs."""
    yield from (path.parent for path in folder.rglob("metrics.json"))


def labels(run: Path) -> tuple[str, str]:
    """The overrides that name a run, and those that name its data."""
    overrides = (run / "overrides.txt").read_text().splitlines()
    group = {o: o.lstrip("+").partition("=")[0].partition(".")[0] for o in overrides}
    named = [f"`{o}`" for o in overrides if group[o] not in ASIDE]
    return " ".join(named), " ".join(o for o in overrides if group[o] == "dataset")


def result(run: Path) -> dict[str, float]:
    """The model's own metrics, which come first."""
    values: dict[str, float] = next(iter(json.loads((run / "metrics.json").read_text()).values()))
    return values


def duration(run: Path) -> float:
    return (run / "metrics.json").stat().st_mtime - (run / "config.yaml").stat().st_mtime


def shown(values: list[float]) -> str:
    """The mean, and of several seeds half the range."""
    mean = f"{statistics.mean(values):.4f}"
    spread = f" ±{(max(values) - min(values)) / 2:.4f}" if len(values) > 1 else ""
    return (mean + spread).replace("0.", ".")


if __name__ == "__main__":
    main()
