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
import gc
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarking.rounds import stamp
from benchmarking.trial_table import RecordedTrial, TrialTable, plain
from hydra import compose, initialize_config_dir

from lrec.base.config.check import check
from lrec.base.config.conf import CONF
from lrec.base.errors import one_line
from lrec.cli.composer import HydraComposer
from lrec.cli.open_keys import open_groups
from lrec.commands.settings import Monitor, RunSettings
from lrec.commands.train import kept_references
from lrec.commands.train.experiment import load
from lrec.commands.tune.sampling import sampler
from lrec.commands.tune.search_space import SearchSpace, overrides_of
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.model.common.protocols import StatelessCallback

SEEDS, BETWEEN = 3, 10  # of the model as it is, and other settings between two of them
DIGITS = 6


@dataclass(frozen=True)
class Draw:
    """Settings to train: see `RecordedTrial`."""

    seed: int
    as_it_is: bool
    params: dict[str, Any]

    @property
    def overrides(self) -> list[str]:
        return [] if self.as_it_is else overrides_of(self.params)


class Curve(StatelessCallback):
    """Validates after each epoch, and keeps the monitored metric of every group with the time."""

    wants_steps = False

    def __init__(self, evaluator: Evaluator, ranker: Ranker, monitor: Monitor) -> None:
        self.evaluator = evaluator
        self.ranker = ranker
        self.monitor = monitor
        self.columns: dict[str, list[float]] = {"epoch": [], "seconds": [], "cpu": []}
        self.start, self.start_cpu = time.perf_counter(), time.process_time()

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        """Not called, since `wants_steps` is False."""

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        values = {f"val/{k}": v for k, v in self.evaluator.validate(self.ranker).items()}
        now = {
            "epoch": epoch,
            "seconds": time.perf_counter() - self.start,
            "cpu": time.process_time() - self.start_cpu,
        }
        groups = {name.rpartition("/")[2]: values[name] for name in self.monitor.by_group
                  if name in values}  # fmt: skip
        for name, value in {**now, **groups}.items():
            self.columns.setdefault(name, []).append(round(value, DIGITS))
        return self.monitor.value(values)

    def finish(self) -> dict[str, list[float]]:
        """The whole curve; one point, of a model without epochs."""
        if not self.columns["epoch"]:
            self.on_epoch_end(1, 0.0)
        return self.columns


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


def settings_of(overrides: Sequence[str]) -> RunSettings:
    """The settings of a training run, checked."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings = check(compose("config", overrides=list(overrides)), RunSettings, {})
    settings.check_monitor()
    if settings.augment.name != "none":
        raise SystemExit("record_trials.py: runs share their data, which augment=… would change")
    return settings


def evaluator_of(settings: RunSettings) -> Evaluator:
    """The evaluator of a data set, with its split."""
    data, split = load(settings)
    return kept_references.evaluator(split, settings, data)


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
        "seed": chosen.seed,
        "monitor": composed.monitor,
        "space": plain(SearchSpace.of_model(model, HydraComposer())),
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


def own_values(table: TrialTable) -> dict[str, Any]:
    """The model's own values of the keys of its space."""
    words = [f"model={table.head['model']}", *table.head["overrides"]]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=words)
    return table.space.inside({str(key): config[key] for key in ("model", "schedule")})


def draws(table: TrialTable, n: int, own: dict[str, Any]) -> list[Draw]:
    """The settings of a table: the same ones each time, of which a larger n has more."""
    return list(drawn(table, n, own))


def drawn(table: TrialTable, n: int, own: dict[str, Any]) -> Iterator[Draw]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, seed = table.space, table.head["seed"]
    study = optuna.create_study(sampler=sampler("random", space, 1, seed))
    for number in range(n):
        again, rest = divmod(number, BETWEEN)
        if rest == 0 and again < SEEDS:
            yield Draw(seed + again, True, own)
        if number:
            trial = study.ask()
            space.suggest(trial)
            yield Draw(seed, False, trial.params)


def trained(table: TrialTable, draw: Draw, evaluator: Evaluator) -> RecordedTrial:
    """Train and validate; a run that fails is recorded as that."""
    head = table.head
    words = [f"model={head['model']}", *head["overrides"], f"seed={draw.seed}", *draw.overrides]
    if head["epochs"] is not None:
        words.append(f"schedule.epochs={head['epochs']}")
    settings = settings_of(words)
    model, strategy = settings.model, settings.strategy
    error, stopped = "", False
    with strategy.together("", model.uses_tensorflow()):
        curve = Curve(evaluator, evaluator.ranker(model), settings.monitored)
        try:
            model.fit(evaluator.split, settings.schedule, strategy, settings.seed, curve)
            columns = curve.finish()
            stopped = head["epochs"] is not None and columns["epoch"][-1] < head["epochs"]
        except (ValueError, ArithmeticError, RuntimeError, MemoryError) as failure:
            columns, error = curve.columns, one_line(failure)
    evaluator.validated = None  # it holds the model
    del model, settings
    gc.collect()
    return RecordedTrial(draw.seed, draw.as_it_is, draw.params, columns, stopped, error)


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
