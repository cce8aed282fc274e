"""An update against training from scratch: a table cut in time, its last part as feedback.

    python scripts/benchmark_update.py movietweetings/ratings.csv.gz +experiment=vae_movietweetings
    python scripts/benchmark_update.py beauty/interactions.csv.gz model=attention \
        split=leave_one_out schedule.epochs=30 schedule.patience=null --seeds 1

For each seed: `lrec train` on the interactions up to the cut, then `lrec update retrain=true` with
those after it, in --work, where the MLflow store is, too. The table has NDCG@10 of the test
users before and after, the difference to training from scratch with its 95 % interval, that of each
bucket, and the seconds that training took; it is worth reading on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from benchmarking import markdown, rounds
from benchmarking.processes import HERE, of_checkout, run
from benchmarking.rounds import Result, Results, Sides
from docs_verdicts import short, signed

from lrec.reporting.formatting import relative

METRIC, SHARE = "ndcg_at_10", 0.85
BUCKETS = ("tail", "torso", "head")


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("table", type=Path, help="interactions with a column timestamp")
    made.add_argument("overrides", nargs="+", help="of lrec train: the model, its preset, …")
    made.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    made.add_argument("--work", type=Path, default=Path("outputs/benchmark_update"))
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    rounds.print_table(sides(chosen), table, chosen)


def sides(chosen: argparse.Namespace) -> Sides:
    """Every seed; they differ in nothing else."""
    return {f"seed {seed}": partial(measure, chosen, seed) for seed in chosen.seeds}


def measure(chosen: argparse.Namespace, seed: int) -> Result:
    """Train on the old part and update by the new one; what the update says of itself."""
    folder = chosen.work.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    old, new = cut(chosen.table, folder)
    printed = lrec(folder, "train", "dataset=csv", f"dataset.path={old}", f"seed={seed}",
                   *chosen.overrides)  # fmt: skip
    (trained,) = re.findall(r"^run (\w+) in ", printed, re.MULTILINE)
    update = folder / f"update-{trained}"
    lrec(folder, "update", f"run={trained}", f"feedback={new}", "retrain=true",
         f"hydra.run.dir={update}")  # fmt: skip
    rows = pd.read_csv(update / "comparison.csv").query("metric == @METRIC")
    seconds = {
        name: json.loads((update / name / "training.json").read_text())["seconds"]
        for name in ("updated", "from_scratch")
    }
    return {"rows": json.loads(rows.to_json(orient="records")), "seconds": seconds}


def cut(path: Path, folder: Path) -> tuple[Path, Path]:
    """The interactions up to the cut and after it, as two tables; equal times stay together."""
    interactions = pd.read_csv(path)
    times = interactions["timestamp"]
    last = times.sort_values().iloc[int(SHARE * len(interactions)) - 1]
    paths = folder / "old.csv", folder / "new.csv"
    parts = interactions[times <= last], interactions[times > last]
    for target, part in zip(paths, parts, strict=True):
        part.to_csv(target, index=False)
    return paths


def lrec(folder: Path, *words: str) -> str:
    """The output of a command that runs in a folder, where its MLflow store is.

    Raises:
        RuntimeError: it failed.
    """
    done = run([sys.executable, "-P", "-m", "lrec", *words], folder, of_checkout(HERE))
    if done.code:
        raise RuntimeError(f"lrec {words[0]} ended with {done.code}: {done.complaint}")
    return done.out


def table(results: Results) -> str:
    heads = ["seed", "before", "updated", "from scratch", "difference", *BUCKETS, "time"]
    rows = [row(name.rpartition(" ")[2], kept[0]) for name, kept in results.items()]
    return markdown.table(heads, rows)


def row(seed: str, result: Result) -> list[str]:
    """The cells of a seed."""
    found = {(one["model"], one["bucket"]): one for one in result["rows"]}
    models = ("before", "updated", "from scratch")
    values = [short(found[model, "all"]["value"]) for model in models]
    total = found["updated", "all"]
    interval = f"{signed(total['low'])} to {signed(total['high'])}"
    difference = f"{signed(total['difference'])} ({interval})"
    updated, scratch = result["seconds"].values()
    time = f"{updated:.1f} of {scratch:.1f} s ({updated / scratch:.2f})"
    return [seed, *values, difference, *(bucket(found["updated", b]) for b in BUCKETS), time]


def bucket(row: dict[str, float | str | None]) -> str:
    """The difference in percent, where there is a verdict for it."""
    if row["verdict"] not in ("better", "worse"):
        return str(row["verdict"])
    return relative(row)


if __name__ == "__main__":
    main()
