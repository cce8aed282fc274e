"""Several training runs in a row, without those that are there already."""

from __future__ import annotations

import contextlib
import math
import traceback
from collections.abc import Sequence
from dataclasses import replace

from lrec.base.errors import one_line, redact
from lrec.base.files import named
from lrec.commands.composing import Job, Launcher
from lrec.commands.loading import load_data
from lrec.commands.runs.aggregates import aggregate
from lrec.commands.train.experiment import TrainResult
from lrec.commands.train.run_logging import config_digest
from lrec.reporting.formatting import distinguishing_words, metric_name
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import finished

OUTPUT = "output.txt"  # in a run's folder: what it would print


def find_or_train(
    jobs: Sequence[Job], fresh: bool, launch: Launcher, purpose: str, tolerant: bool = False
) -> list[str | None]:
    """Find a finished run of each config on its data; train those that have none.

    Args:
        jobs: at least one, all tracked in one store.
        fresh: train all of them anew.
        launch: trains one.
        purpose: the command that they are trained for.
        tolerant: go on after a run that failed.

    Returns:
        The id of each job's run; None where it failed.

    Raises:
        RuntimeError: a missing run is to be trained in several processes.
    """
    screen = Screen()
    show_warnings(screen)
    load_data(jobs[0][0])  # first: MLflow takes seconds to import
    jobs[0][0].tracking.reach()
    data_digests: dict[str, str] = {}
    digests = [digest_of(job) for job in jobs]
    unique: dict[str, Job] = {}
    for key, (settings, composed) in zip(digests, jobs, strict=True):
        unique.setdefault(key, (settings, replace(composed, purpose=purpose)))
    run_ids = {key: None if fresh else find(job, data_digests) for key, job in unique.items()}
    missing = {key: job for key, job in unique.items() if run_ids[key] is None}
    screen.note(f"{len(unique)} runs: {len(unique) - len(missing)} found, {len(missing)} to train")
    if missing:
        there = [run_id for run_id in run_ids.values() if run_id is not None]
        train(list(missing.values()), launch, tolerant, screen, there)
        run_ids |= {key: find(job, data_digests) for key, job in missing.items()}
    return [run_ids[key] for key in digests]


def train(
    jobs: Sequence[Job], launch: Launcher, tolerant: bool, screen: Screen, found: Sequence[str] = ()
) -> None:
    """Train one run after the other, as children of one run that sums them up; a line for each.

    Args:
        found: ids of runs that were there already, which are summed up too.

    Raises:
        RuntimeError: a run is to be trained in several processes.
    """
    settings, composed = jobs[0]
    if settings.strategy.several:
        raise RuntimeError(
            f"strategy={settings.strategy.name} is for one run at a time: train these with "
            "lrec train first, and they are found."
        )
    name, tags = f"{len(jobs)} candidates", {"lrec.command": "sweep"}
    screen.note(f"what a run prints is in {composed.folder.parent}/*/{OUTPUT}")
    words = distinguishing_words([" ".join(job.overrides) for _, job in jobs])
    with settings.tracking.parent(name, tags, composed.folder.parent / "candidates") as log:
        run_ids = list(found)
        for number, (job_settings, job) in enumerate(jobs, 1):
            job.folder.mkdir(parents=True, exist_ok=True)
            name = f"run {number} of {len(jobs)}: {words[number - 1] or 'as it is'}"
            screen.status(f"{name} …")
            try:
                with (
                    named(job.folder / OUTPUT),
                    (job.folder / OUTPUT).open("w", encoding="utf-8") as output,
                    contextlib.redirect_stdout(output),
                ):
                    result = launch(job_settings, job)
            except Exception as error:
                if not tolerant:
                    raise
                with (
                    contextlib.suppress(OSError),  # the line below says what has failed
                    (job.folder / OUTPUT).open("a", encoding="utf-8") as output,
                ):
                    output.write(redact(traceback.format_exc()))
                screen.note(f"{name}  failed: {one_line(error)}")
            else:
                best = result.best if isinstance(result, TrainResult) else math.nan
                if isinstance(result, TrainResult) and result.run_id is not None:
                    run_ids.append(result.run_id)
                monitored = metric_name(job_settings.monitor.removeprefix("val/"))
                screen.note(f"{name}  {monitored} {best:.4f}")
        with contextlib.suppress(RuntimeError):  # MLflow may be gone by now
            runs = finished(settings.tracking.experiment, ids=run_ids) if run_ids else []
            aggregate(log, runs, settings)


def digest_of(job: Job) -> str:
    """Digest of all that decides a job's numbers: of a model without a seed, not the seed."""
    settings, composed = job
    return config_digest(composed.values, settings.seeded)


def find(job: Job, data_digests: dict[str, str]) -> str | None:
    """The newest finished run of a job's config on its data, trained from scratch, if there is one.

    Args:
        data_digests: of data sets that were loaded before, by their config; grows.
    """
    settings, composed = job
    condition = f"tags.`lrec.config` = '{digest_of(job)}'"
    runs = finished(settings.tracking.experiment, condition)
    if not runs:
        return None
    key = str(composed.values["dataset"])
    if key not in data_digests:
        data_digests[key] = load_data(settings).digest
    return next(
        (
            run.id
            for run in runs
            if data_digests[key].startswith(run.digest) and "lrec.updates" not in run.tags
        ),
        None,
    )
