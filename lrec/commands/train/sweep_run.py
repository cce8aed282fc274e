"""The parent run of a sweep: its jobs' runs hang on it, and it shows them by bucket."""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from lrec.commands.runs import pareto
from lrec.commands.settings import RunSettings
from lrec.commands.train.run_logging import described
from lrec.reporting.terminal import Screen
from lrec.tracking import PARENT, Log, SavedRun, of_sweep

NOT_TESTED = ("data", "train", "val", "best")  # first parts of metrics of other than the test
__all__ = ["PARENT", "SweepRun"]


def aggregate(log: Log, runs: Sequence[SavedRun], settings: RunSettings) -> None:
    """The mean of every test metric over a sweep's runs, what was the same for all, and a table."""
    if not runs:
        return
    shared = set.intersection(*(set(run.params.items()) for run in runs))
    log.params(dict(sorted(shared)))
    values: dict[str, list[float]] = {}
    for run in runs:
        for key, value in run.metrics.items():
            if key.partition("/")[0] not in NOT_TESTED:
                values.setdefault(key, []).append(value)
    log.metrics({key: mean(each) for key, each in values.items() if len(each) == len(runs)})
    rows = {f"{run.params.get('model')} {run.id[:8]}": run.metrics for run in runs}
    log.describe(described(rows, settings))


class SweepRun:
    """A run that is open until this process ends: Hydra does not say when a sweep has failed.

    Args:
        settings: of the first job.
        overrides: the command line.
        folder: of the sweep.

    Attributes:
        id: MLflow's, or None where it cannot be reached.
        failed: set when a job has failed.
    """

    def __init__(self, settings: RunSettings, overrides: str, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.failed = False
        self.ended = False
        tags = {"lrec.command": "sweep", "lrec.overrides": overrides[:5000]}
        self.log = settings.tracking.open(f"sweep {overrides}"[:200], tags, folder)
        self.id = self.log.run_id
        if self.id is not None:
            os.environ[PARENT] = self.id
        atexit.register(self._close)

    def finish(self) -> None:
        """Show the sweep's jobs by bucket and their Pareto set, and keep them as files."""
        self.ended = True
        if self.id is not None:
            self._show(self.id)

    def _show(self, run_id: str) -> None:
        screen = Screen()
        runs = of_sweep(self.settings.tracking.experiment, run_id)
        aggregate(self.log, runs, self.settings)
        table = pareto.sweep_table(runs, self.settings)
        if table["replicates"].sum() < 2:
            return
        for path in pareto.write(self.folder, table, self.settings):
            self.log.file(path)
        screen.print(pareto.jobs_table(table, self.settings))
        if len(table) > 1:
            screen.print(pareto.pareto_table(table, self.settings))

    def _close(self) -> None:
        # jobs in processes of their own report to the store only that they failed
        failed = self.failed or (not self.ended and self.log.has_failed_runs())
        if failed and self.id is not None:
            with contextlib.suppress(RuntimeError):  # MLflow may be gone by now
                self._show(self.id)
        if not self.ended:
            Screen().note("the same command goes on: its finished jobs are found again")
        self.log.end("FAILED" if failed else "FINISHED" if self.ended else "KILLED")
        os.environ.pop(PARENT, None)
