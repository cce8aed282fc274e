"""Several training runs in a row, without those that are there already."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from lrec.base.errors import one_line
from lrec.commands.composing import Job, Launcher
from lrec.commands.train.run_logging import config_digest
from lrec.reporting.terminal import Screen
from lrec.tracking import finished


def find_or_train(
    jobs: Sequence[Job], fresh: bool, launch: Launcher, tolerant: bool = False
) -> list[str | None]:
    """Find a finished run of each config on its data; train those that have none.

    Args:
        jobs: at least one, all tracked in one store.
        fresh: train all of them anew.
        launch: trains one.
        tolerant: go on after a run that failed.

    Returns:
        The id of each job's run; None where it failed.

    Raises:
        RuntimeError: a missing run is to be trained in several processes.
    """
    screen = Screen()
    jobs[0][0].tracking.reach()
    data_digests: dict[str, str] = {}
    digests = [config_digest(composed.values) for _, composed in jobs]
    unique = dict(zip(digests, jobs, strict=True))
    run_ids = {key: None if fresh else find(job, data_digests) for key, job in unique.items()}
    missing = {key: job for key, job in unique.items() if run_ids[key] is None}
    screen.note(f"{len(unique)} runs: {len(unique) - len(missing)} found, {len(missing)} to train")
    if missing:
        train(list(missing.values()), launch, tolerant, screen)
        run_ids |= {key: find(job, data_digests) for key, job in missing.items()}
    return [run_ids[key] for key in digests]


def train(jobs: Sequence[Job], launch: Launcher, tolerant: bool, screen: Screen) -> None:
    """Train one run after the other, as children of one run.

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
    with settings.tracking.parent(name, tags, composed.folder.parent / "candidates"):
        for number, (job_settings, job) in enumerate(jobs, 1):
            screen.note(f"run {number} of {len(jobs)}: {shlex.join(job.overrides)}")
            job.folder.mkdir(parents=True, exist_ok=True)
            try:
                launch(job_settings, job)
            except Exception as error:
                if not tolerant:
                    raise
                screen.note(f"run {number} failed: {one_line(error)}")


def find(job: Job, data_digests: dict[str, str]) -> str | None:
    """The newest finished run of a job's config on its data, if there is one.

    Args:
        data_digests: of data sets that were loaded before, by their config; grows.
    """
    settings, composed = job
    condition = f"tags.`lrec.config` = '{config_digest(composed.values)}'"
    runs = finished(settings.tracking.experiment, condition)
    if not runs:
        return None
    key = str(composed.values["dataset"])
    if key not in data_digests:
        data_digests[key] = settings.dataset.load().digest
    return next((run.id for run in runs if data_digests[key].startswith(run.digest)), None)
