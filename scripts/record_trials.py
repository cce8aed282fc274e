"""Validation curves and seconds of random settings, which scripts/replay_tuning.py replays.

    python scripts/record_trials.py --models ease itemknn --data \\
        "Beauty=dataset=csv dataset.path=beauty.csv.gz split=leave_one_out"

For each model come the model as it is, then random settings of its search space, each trained once
and validated as `lrec train` does it; between them two more seeds of the model as it is. A table is
a file `<data>.<model>.jsonl` of the folder. It is written after each run, and the same command goes
on after the last one in it. Data is prepared once, all runs take place in this process, one after
the other, and the test part is never looked at. Seconds are those of training and validation, on
the clock and of the CPU: on a machine with other work only the latter can be compared.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from benchmarking.recording import draws, evaluator_of, own_values, settings_of, trained
from benchmarking.rounds import stamp
from benchmarking.trial_table import TrialTable

from lrec.cli.composer import HydraComposer
from lrec.cli.open_keys import open_groups
from lrec.commands.tune.candidate import grace_epochs
from lrec.commands.tune.search_space import SearchSpace, overrides_of
from lrec.evaluation.evaluator import Evaluator


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", required=True, metavar="NAME=OVERRIDES")
    parser.add_argument("--models", nargs="+", default=["ease", "itemknn", "vae", "attention"])
    parser.add_argument("--folder", type=Path, default=Path("outputs/trials"))
    parser.add_argument("--n", type=int, default=60, help="different settings of each model")
    parser.add_argument("--epochs", type=int, default=15, help="at most, of models with epochs")
    parser.add_argument("--hours", type=float, default=float("inf"), help="begin no run after them")
    parser.add_argument("--seed", type=int, default=1, help="of the runs, and of the draws")
    chosen = parser.parse_args(argv)
    end = time.monotonic() + 3600 * chosen.hours
    open_groups()
    warnings.simplefilter("ignore")  # runs end at their cap
    for given in chosen.data:
        name, found, words = given.partition("=")
        if not found:
            parser.error(f"--data takes NAME=OVERRIDES. Received: {given}")
        overrides = words.split()
        prepared: Evaluator | None = None
        for model in chosen.models:
            table = opened(chosen, name, model, overrides)
            for draw in draws(table, chosen.n, own_values(table))[len(table.trials) :]:
                if time.monotonic() > end:
                    print("the hours are over: the same command goes on", flush=True)
                    return 0
                if prepared is None:
                    prepared = evaluator_of(settings_of([f"model={model}", *overrides]))
                table.add(trained(table, draw, prepared))
                print(shown(table), flush=True)
    return 0


def opened(chosen: argparse.Namespace, name: str, model: str, overrides: list[str]) -> TrialTable:
    """The table of a model, which may have trials already."""
    path = chosen.folder / f"{name}.{model}.jsonl"
    composed = settings_of([f"model={model}", *overrides])
    head = {
        "data": name,
        "model": model,
        "overrides": overrides,
        "epochs": chosen.epochs if composed.model.uses_tensorflow() else None,
        "every": composed.schedule.evaluate_every,
        "grace_epochs": grace_epochs(composed) if composed.model.uses_tensorflow() else None,
        "seed": chosen.seed,
        "monitor": composed.monitor,
        "space": SearchSpace.of_model(model, HydraComposer()).values,
    }
    if path.exists():
        table = TrialTable.read(path)
        if different := [key for key in head if table.head.get(key) != head[key]]:
            raise SystemExit(
                f"record_trials.py: {path} has trials with another {' and '.join(different)}: "
                "choose another --folder"
            )
        return table
    path.parent.mkdir(parents=True, exist_ok=True)
    return TrialTable(path, head, stamp())


def shown(table: TrialTable) -> str:
    """A line on the newest trial."""
    trial, head = table.trials[-1], table.head
    curve = trial.curve
    words = " ".join([] if trial.as_it_is else overrides_of(trial.params)) or "as it is"
    known = curve.get(table.monitored, [])
    result = f"failed: {trial.error}" if trial.error else f"{max(known):.4f}"
    spent = f"{curve['cpu'][-1]:.1f} CPU s, {curve['seconds'][-1]:.1f} s" if known else ""
    return f"{head['data']} {head['model']} {len(table.trials)}: {result}  {spent}  {words}"


if __name__ == "__main__":
    sys.exit(main())
