"""Several training runs in a row, without those that are there already."""

from __future__ import annotations

from collections.abc import Sequence

from lrec.base.errors import one_line
from lrec.commands.composing import Job, Launcher
from lrec.commands.train.run_logging import config_digest
from lrec.reporting.terminal import Screen
from lrec.tracking import finished


def find_or_train(
    jobs: Sequence[Job], fresh: bool, launch: Launcher, tolerant: bool = False
) -> list[str | None]:
    """Train what has no finished run of the same config on the same data.

    Args:
        jobs: at least one, all tracked in one place.
        fresh: train all of them anew.
        launch: trains one.
        tolerant: go on after a run that failed.

    Raises:
        RuntimeError: what is to be trained takes several processes.

    Returns:
        The id of each job's run; None where it failed.
    """
    screen = Screen()
    tracking = jobs[0][0].tracking
    tracking.reach()
    digests: dict[str, str] = {}
    wanted = {config_digest(job[1].values): job for job in jobs}
    found = {key: None if fresh else find(job, digests) for key, job in wanted.items()}
    missing = [job for key, job in wanted.items() if found[key] is None]
    screen.note(f"{len(wanted)} runs: {len(wanted) - len(missing)} found, {len(missing)} to train")
    if missing and missing[0][0].strategy.several:
        raise RuntimeError(
            f"strategy={missing[0][0].strategy.name} is for one run at a time: train these with "
            "lrec train first, and they are found."
        )
    if missing:
        folder = jobs[0][1].folder.parent / "candidates"
        tags = {"lrec.command": "sweep"}
        with tracking.parent(f"{len(missing)} candidates", tags, folder):
            for place, (parts, composed) in enumerate(missing, 1):
                screen.note(f"run {place} of {len(missing)}: {' '.join(composed.overrides)}")
                composed.folder.mkdir(parents=True, exist_ok=True)
                try:
                    launch(parts, composed)
                except Exception as error:
                    if not tolerant:
                        raise
                    screen.note(f"run {place} failed: {one_line(error)}")
        found |= {config_digest(job[1].values): find(job, digests) for job in missing}
    return [found[config_digest(job[1].values)] for job in jobs]


def find(job: Job, digests: dict[str, str]) -> str | None:
    """The newest finished run of a job's config on its data, if there is one.

    Args:
        digests: of data sets that were loaded before, by config; grows.
    """
    parts, composed = job
    where = f"tags.`lrec.base.config.check` = '{config_digest(composed.values)}'"
    found = finished(parts.tracking.experiment, where)
    if not found:
        return None
    key = str(composed.values["dataset"])
    if key not in digests:
        digests[key] = parts.dataset.load().digest
    return next((run.id for run in found if digests[key].startswith(run.digest)), None)
