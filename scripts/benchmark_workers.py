"""Trials an hour of `lrec tune`: one worker with all cores against several with some each.

    python scripts/benchmark_workers.py                                        # the default data
    python scripts/benchmark_workers.py --models attention ease vae --rounds 3 \\
        --data dataset=csv dataset.path=beauty.csv split=leave_one_out

Both sides train the same random settings, without pruning. Counted are the seconds from the start
of the first trial to the end of the last one, in which workers start too, but not the command's
own start. Which models `workers=auto` lets train side by side is `Model.one_at_a_time`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import optuna
from benchmarking import markdown, rounds
from benchmarking.processes import LREC, run
from benchmarking.rounds import Result, Results, Sides

from lrec.commands.tune.storage import open_storage

HOUR = 3600


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("--models", nargs="+", default=["attention", "vae", "ease", "itemknn"])
    made.add_argument("--data", nargs="+", default=[], help="overrides: data, split, schedule")
    made.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    made.add_argument("--trials", type=int, default=8)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    rounds.print_table(sides(chosen), partial(table, chosen=chosen), chosen)


def sides(chosen: argparse.Namespace) -> Sides:
    """Each model with one worker and with several, by `<model>, <workers>`."""
    return {
        f"{model}, {workers}": partial(measure, model, workers, chosen.trials, chosen.data)
        for model in chosen.models
        for workers in (1, chosen.workers)
    }


def measure(model: str, workers: int, trials: int, data: Sequence[str]) -> Result:
    """The seconds that a study took, by the times in its storage."""
    folder = Path(tempfile.mkdtemp(prefix="lrec-benchmark-workers-"))
    words = [f"candidates=[{model}]", f"workers={workers}", f"trials={trials}", "study=study"]
    words += ["sampler=random", "pruner=none", "confirm_seeds=[]", *data]
    try:
        done = run([LREC, "tune", *words], folder)
        if done.code:
            raise RuntimeError(f"lrec tune ended with {done.code}: {done.complaint}")
        storage = open_storage(str(folder / "outputs" / "studies.journal"))
        ended = optuna.load_study(study_name=f"study {model}", storage=storage).trials
    finally:
        shutil.rmtree(folder)
    begun = min(trial.datetime_start for trial in ended if trial.datetime_start)
    last = max(trial.datetime_complete for trial in ended if trial.datetime_complete)
    seconds = (last - begun).total_seconds()
    return {"trials": len(ended), "seconds": seconds, "peak": done.peak}


def an_hour(result: Result) -> float:
    return float(HOUR * result["trials"] / result["seconds"])


def table(results: Results, chosen: argparse.Namespace) -> str:
    """A row for each model: trials an hour, and the ratio in the same round."""
    rows = []
    for model in chosen.models:
        one, several = (results[f"{model}, {workers}"] for workers in (1, chosen.workers))
        rows.append(
            [
                model,
                f"{rounds.median(one, an_hour):,.0f}",
                f"{rounds.median(several, an_hour):,.0f}",
                f"{rounds.ratio(several, one, an_hour):.2f}×",
            ]
        )
    heads = ["trials an hour", "1 worker", f"{chosen.workers} workers", "ratio"]
    return markdown.table(heads, rows)


if __name__ == "__main__":
    main()
