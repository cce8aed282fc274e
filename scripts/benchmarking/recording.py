"""Training runs of random settings, in this process, with their validation curves and seconds."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose, initialize_config_dir

from benchmarking.trial_table import RecordedTrial, TrialTable
from lrec.base.config.check import check
from lrec.base.config.conf import CONF
from lrec.base.errors import one_line
from lrec.commands.settings import Monitor, RunSettings
from lrec.commands.train import kept_references
from lrec.commands.train.experiment import load
from lrec.commands.tune.sampling import sampler
from lrec.commands.tune.search_space import overrides_of
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


def draws(table: TrialTable, n: int, own: dict[str, Any]) -> list[Draw]:
    """The settings of a table: the same ones each time, of which a larger n has more."""
    return list(drawn(table, n, own))


def drawn(table: TrialTable, n: int, own: dict[str, Any]) -> Iterator[Draw]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, seed = table.space, table.head["seed"]
    study = optuna.create_study(sampler=sampler("random", 1, seed))
    for number in range(n):
        again, rest = divmod(number, BETWEEN)
        if rest == 0 and again < SEEDS:
            yield Draw(seed + again, True, own)
        if number:
            trial = study.ask()
            space.suggest(trial)
            yield Draw(seed, False, trial.params)


def own_values(table: TrialTable) -> dict[str, Any]:
    """The model's own values of the keys of its space."""
    words = [f"model={table.head['model']}", *table.head["overrides"]]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=words)
    return table.space.inside({str(key): config[key] for key in ("model", "schedule")})


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
