"""Several training runs in a row, without those that are there already."""

from __future__ import annotations

import contextlib
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lrec.base.errors import one_line
from lrec.commands.composing import Job, Launcher
from lrec.commands.loading import load_data
from lrec.commands.next_commands import without
from lrec.commands.runs.aggregates import aggregate
from lrec.commands.runs.config_digest import config_digest
from lrec.commands.runs.run_output import OUTPUT, add_traceback, printing_to
from lrec.commands.train.experiment import TrainResult
from lrec.reporting.formatting import distinguishing_words, metric_name
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import KEEP_HISTORIES, finished, killed_runs


def find_or_train(
    jobs: Sequence[Job],
    fresh: bool,
    launch: Launcher,
    command: Sequence[str],
    tolerant: bool = False,
) -> list[str | None]:
    """Find a finished run of each config on its data; go on with killed ones; train the others.

    Args:
        jobs: at least one, all tracked in one store.
        fresh: train all of them anew.
        launch: trains one.
        command: that they are trained for, as it was given: its name, then overrides.
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
        unique.setdefault(key, (settings, replace(composed, purpose=command[0])))
    run_ids = {key: None if fresh else find(job, data_digests) for key, job in unique.items()}
    missing = {key: job for key, job in unique.items() if run_ids[key] is None}
    begun = {} if fresh else killed(missing, data_digests)
    goes_on = f", {len(begun)} of them from where killed runs ended" if begun else ""
    n_found = len(unique) - len(missing)
    screen.note(f"{len(unique)} runs: {n_found} found, {len(missing)} to train{goes_on}")
    if missing:
        there = [run_id for run_id in run_ids.values() if run_id is not None]
        again = ["lrec", command[0], *without(command[1:], "fresh")]
        train(list({**missing, **begun}.values()), launch, tolerant, screen, there, again)
        run_ids |= {key: find(job, data_digests) for key, job in missing.items()}
    return [run_ids[key] for key in digests]


def train(
    jobs: Sequence[Job],
    launch: Launcher,
    tolerant: bool,
    screen: Screen,
    found: Sequence[str] = (),
    again: Sequence[str] = (),
) -> None:
    """Train one run after the other, as children of one run that sums them up; a line for each.

    Args:
        found: ids of runs that were there already, which are summed up too.
        again: the command that goes on with them, for whoever interrupts them.

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
    words = job_words(jobs)
    with settings.tracking.parent(name, tags, composed.folder.parent / "candidates") as log:
        run_ids = list(found)
        for number, (job_settings, job) in enumerate(jobs, 1):
            job.folder.mkdir(parents=True, exist_ok=True)
            chosen = [job_settings.model.name, words[number - 1]]
            name = f"run {number} of {len(jobs)}: {' '.join(filter(None, chosen))}"
            screen.status(f"{name} …")
            try:
                with printing_to(job.folder, job.resumed):
                    result = launch(job_settings, job)
            except (KeyboardInterrupt, SystemExit):
                screen.note(
                    f"interrupted in run {number} of {len(jobs)}. The same command finds the "
                    "finished runs again, and goes on with this one from its last epoch"
                )
                screen.commands("go on", *([again] if again else []))
                raise
            except Exception as error:
                if not tolerant:
                    raise
                add_traceback(job.folder)  # the line below says what has failed
                screen.note(f"{name}  failed: {one_line(error)}")
            else:
                best = result.best if isinstance(result, TrainResult) else math.nan
                if isinstance(result, TrainResult) and result.run_id is not None:
                    run_ids.append(result.run_id)
                monitored = metric_name(job_settings.monitor.removeprefix("val/"))
                screen.note(f"{name}  validation {monitored} {best:.4f}")
        with contextlib.suppress(RuntimeError):  # MLflow may be gone by now
            runs = finished(settings.tracking.experiment, ids=run_ids) if run_ids else []
            aggregate(log, runs, settings)


def job_words(jobs: Sequence[Job]) -> list[str]:
    """The overrides of each job that tell it from the others; its model's name stands before them.

    Of a single job that is the seed.
    """
    if len(jobs) == 1:
        return [f"seed={jobs[0][0].seed}"]
    words = distinguishing_words([shlex.join(job.overrides) for _, job in jobs])
    return [
        shlex.join(word for word in shlex.split(line) if word != f"model={settings.model.name}")
        for line, (settings, _) in zip(words, jobs, strict=True)
    ]


def digest_of(job: Job) -> str:
    """Digest of all that decides a job's numbers: of a model without a seed, not the seed."""
    settings, composed = job
    return config_digest(composed.values, settings.seeded, settings.dataset.items_file())


def find(job: Job, data_digests: dict[str, str]) -> str | None:
    """The newest finished run of a job's config on its data, trained from scratch, if there is one.

    A job that keeps people's histories does not find a run that has not kept them.

    Args:
        data_digests: of data sets that were loaded before, by their config; grows.
    """
    settings = job[0]
    condition = f"tags.`lrec.config` = '{digest_of(job)}'"
    runs = finished(settings.tracking.experiment, condition)
    if not runs:
        return None
    data = data_digest(job, data_digests)
    keeps = settings.model.contains_histories and settings.tracking.keep_histories
    return next(
        (
            run.id
            for run in runs  # those of trials have no test
            if run.trained and data.startswith(run.digest) and "lrec.updates" not in run.tags
            if not keeps or run.params.get(KEEP_HISTORIES) == "True"
        ),
        None,
    )


def killed(jobs: Mapping[str, Job], data_digests: dict[str, str]) -> dict[str, Job]:
    """Those jobs of which a run was killed, to go on in the newest such run's folder."""
    begun = {}
    for key, (settings, composed) in jobs.items():
        data = data_digest((settings, composed), data_digests)
        experiment = settings.tracking.experiment
        config = digest_of((settings, composed))
        if (folder := next(killed_runs(experiment, config, data), None)) is not None:
            begun[key] = (settings, replace(composed, folder=folder, resumed=True))
    return begun


def data_digest(job: Job, known: dict[str, str]) -> str:
    """Digest of a job's data.

    Args:
        known: of data sets that were loaded before, by their config and catalogue; grows.
    """
    settings, composed = job
    key = str((composed.values["dataset"], settings.catalogue))
    if key not in known:
        known[key] = load_data(settings).digest
    return known[key]
