"""An update against training from scratch: a table cut in time, its last part as feedback.

    python scripts/benchmark_update.py movietweetings/ratings.csv.gz +experiment=vae_movietweetings
    python scripts/benchmark_update.py beauty/interactions.csv.gz model=attention \
        split=leave_one_out schedule.epochs=30 schedule.patience=null --seeds 1

For each seed: `lrec train` on the interactions up to the cut, then `lrec update retrain=true` with
those after it, in --folder, where the MLflow store is, too. The table has NDCG@10 of the test
users before and after, the difference to training from scratch with its 95 % interval, that of each
bucket, and the seconds that training took; it is worth reading on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from docs_verdicts import short, signed
from harness import LREC

from lrec.reporting.formatting import relative

METRIC, SHARE = "ndcg_at_10", 0.85
BUCKETS = ("tail", "torso", "head")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", type=Path, help="interactions with a column timestamp")
    parser.add_argument("overrides", nargs="+", help="of lrec train: the model, its preset, …")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--folder", type=Path, default=Path("outputs/benchmark_update"))
    arguments = parser.parse_args(argv)
    folder = arguments.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    old, new = cut(arguments.table, folder)
    print(f"| seed | before | updated | from scratch | difference | {' | '.join(BUCKETS)} | time |")
    print("|---|" + "---:|" * (5 + len(BUCKETS)))
    for seed in arguments.seeds:
        printed = lrec(folder, "train", "dataset=csv", f"dataset.path={old}", f"seed={seed}",
                    *arguments.overrides)  # fmt: skip
        (run,) = re.findall(r"^run (\w+) in ", printed, re.MULTILINE)
        update = folder / f"update-{run}"
        lrec(folder, "update", f"run={run}", f"feedback={new}", "retrain=true",
             f"hydra.run.dir={update}")  # fmt: skip
        print(row(seed, update), flush=True)


def cut(path: Path, folder: Path) -> tuple[Path, Path]:
    """The interactions up to the cut and after it, as two tables; equal times stay together."""
    table = pd.read_csv(path)
    times = table["timestamp"]
    last = times.sort_values().iloc[int(SHARE * len(table)) - 1]
    paths = folder / "old.csv", folder / "new.csv"
    for target, part in zip(paths, (table[times <= last], table[times > last]), strict=True):
        part.to_csv(target, index=False)
        print(f"{target.name}: {len(part):,} interactions")
    return paths


def lrec(folder: Path, *words: str) -> str:
    """The output of a command that runs in a folder, where its MLflow store is."""
    ran = subprocess.run([LREC, *words], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return ran.stdout


def row(seed: int, update: Path) -> str:
    """A line of the table, from the files of an update's folder."""
    rows = pd.read_csv(update / "comparison.csv").query("metric == @METRIC")
    rows = rows.set_index(["model", "bucket"])
    models = ("before", "updated", "from scratch")
    values = [short(rows.loc[(model, "all"), "value"]) for model in models]
    total = rows.loc[("updated", "all")]
    interval = f"{signed(total['low'])} to {signed(total['high'])}"
    cells = [bucket(rows.loc[("updated", name)]) for name in BUCKETS]
    seconds = [
        json.loads((update / name / "training.json").read_text())["seconds"]
        for name in ("updated", "from_scratch")
    ]
    time = f"{seconds[0]:.1f} of {seconds[1]:.1f} s ({seconds[0] / seconds[1]:.2f})"
    difference = f"{signed(total['difference'])} ({interval})"
    return f"| {' | '.join([str(seed), *values, difference, *cells, time])} |"


def bucket(row: pd.Series) -> str:
    """The difference in percent, where there is a verdict for it."""
    if row["verdict"] not in ("better", "worse"):
        return str(row["verdict"])
    return relative(row.to_dict())


if __name__ == "__main__":
    main()
