"""The parent run of a sweep: its jobs' runs hang on it, and it shows them by bucket."""

from __future__ import annotations

import atexit
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from lrec.base.config import plugins
from lrec.commands.next_commands import with_saved
from lrec.commands.runs import pareto
from lrec.commands.runs.aggregates import aggregate
from lrec.commands.runs.replicates import candidates
from lrec.commands.settings import RunSettings
from lrec.reporting.terminal import Screen
from lrec.tracking import PARENT, SavedRun, of_sweep

__all__ = ["PARENT", "SweepRun"]


def following(sweep: str, runs: Sequence[SavedRun], best: str) -> list[list[str]]:
    """Commands that compare a sweep's candidates, where that can be done, and use the best one.

    Args:
        best: id of a run.
    """
    found = candidates(runs)
    comparable = all(one.complete for one in found) and len({one.protocol for one in found}) == 1
    compared = (
        [["lrec", "compare", *plugins.words(), f"sweep={sweep}"]]
        if comparable and len(found) > 1
        else []
    )
    return [*compared, *with_saved(next(run for run in runs if run.id == best))]


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
        for shown in pareto.tables(table, self.settings):
            screen.print(shown)
        screen.commands("next", *following(run_id, runs, str(table["run"].iloc[0]).split()[0]))

    def _close(self) -> None:
        # jobs in processes of their own report to the store only that they failed
        failed = self.failed or (not self.ended and self.log.has_failed_runs())
        try:
            if failed and self.id is not None:
                with contextlib.suppress(RuntimeError):  # MLflow may be gone by now
                    self._show(self.id)
            if not self.ended:
                Screen().note("the same command goes on: its finished jobs are found again")
        finally:  # also when nobody reads any more what is printed
            self.log.end("FAILED" if failed else "FINISHED" if self.ended else "KILLED")
        os.environ.pop(PARENT, None)
