"""Tuning with the same budget for every candidate, and the best settings of each."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from lrec.base.errors import DataError
from lrec.commands.composing import Invocation
from lrec.commands.loading import load_data, split
from lrec.commands.settings import RunSettings
from lrec.commands.tune.candidate import Candidate, candidates, open_study
from lrec.commands.tune.progress import TrialLines
from lrec.commands.tune.results import artifacts, preset
from lrec.commands.tune.results.confirmation import confirm
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.outcome import StudyOutcome
from lrec.commands.tune.results.page import Findings
from lrec.commands.tune.results.tables import following
from lrec.commands.tune.settings import TuneSettings
from lrec.commands.tune.study import Study
from lrec.commands.tune.trials.study_trial import IMPATIENT
from lrec.commands.tune.workers import end_with_parent, number_of, work, work_together
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import Log

INTERRUPTED = 130  # exit status
BEGUN_BY = "run"  # attribute of a study


def run(settings: TuneSettings, invocation: Invocation) -> None:
    """Spend every candidate's budget; print, write and log what was found."""
    config, screen = invocation.config, Screen()
    show_warnings(screen)
    chosen = candidates(settings, invocation)
    refuse_unvalidated(chosen[0].job[0])  # first: MLflow takes seconds to import
    if settings.worker:
        end_with_parent()
        for candidate in chosen:
            study = open_study(settings, candidate, settings.study)
            lines = TrialLines(screen, study, candidate)
            lines.announce()
            work(candidate, study, lines.update)
        return
    settings.tracking.reach()
    base = settings.study
    if settings.fresh:
        base = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()}"
    studies: list[tuple[Candidate, Study]] = []
    tags = {"lrec.command": "tune", "lrec.monitor": settings.monitor}
    status: int | str | None = None  # of a command that was told to end
    earlier: set[str] = set()  # runs that began what this one goes on with
    with settings.tracking.parent(f"tune-{len(chosen)}-candidates", tags, config.folder) as log:
        try:
            for candidate in chosen:
                study = open_study(settings, candidate, base)
                studies.append((candidate, study))
                earlier |= begun_by(study, log)
                if earlier:
                    log.tags({"lrec.goes_on_from": " ".join(sorted(earlier))})
                if settings.preset is not None:
                    preset.refuse_foreign(settings.preset, study.name, settings.fresh)
                spend(settings, invocation, candidate, study, base, screen)
        except (KeyboardInterrupt, SystemExit) as error:
            status = error.code if isinstance(error, SystemExit) else INTERRUPTED
            for _, study in studies:
                study.patience = IMPATIENT
            screen.note("interrupted: the best so far; the same command goes on with the study")
        findings = [of_study(*one) for one in studies]
        if findings:
            facts = artifacts.facts_of(settings, invocation, findings[0].outcome)
            paths = artifacts.write(config.folder, settings, findings, facts)
            if settings.confirm_seeds and status is None:
                try:
                    findings = with_confirmation(settings, invocation, findings)
                    paths = artifacts.write(config.folder, settings, findings, facts)
                except (KeyboardInterrupt, SystemExit) as error:
                    status = error.code if isinstance(error, SystemExit) else INTERRUPTED
            artifacts.log_all(log, settings, findings)
            for path in paths:
                log.file(path)
    if findings:
        artifacts.show(screen, settings, findings)
        screen.note(f"page: {config.folder / 'tuning.html'}")
    if settings.preset is not None and settings.preset.exists():
        words = preset.use(settings.preset)
        screen.note(f"preset: {settings.to}" + (f"; train it: {words}" if words else ""))
    screen.note(log.location)
    if len(findings) > 1 or not any(one.confirmation for one in findings):
        screen.commands("next, on the test part", *following([one.outcome for one in findings]))
    if status is not None:
        raise SystemExit(status)


def refuse_unvalidated(settings: RunSettings) -> None:
    """Load the data, and refuse a split that leaves nobody for validation.

    Raises:
        DataError: it does.
    """
    if not len(split(settings, load_data(settings)).validation):
        raise DataError(
            f"tuning looks at the validation part, and split={settings.split.name} leaves nobody "
            "in it: give it a share, such as split.validation=0.1."
        )


def begun_by(study: Study, log: Log) -> set[str]:
    """The run of the command that began a study, if that was another one.

    Args:
        log: of this command's run.
    """
    own = log.run_id
    return set() if own is None else {study.attribute(BEGUN_BY, own)} - {own}


def of_study(candidate: Candidate, study: Study) -> Findings:
    """The findings of a study, by its storage as it is now."""
    outcome = StudyOutcome.of(candidate, study)
    return Findings(outcome, Front.of(outcome))


def with_confirmation(
    settings: TuneSettings, invocation: Invocation, findings: list[Findings]
) -> list[Findings]:
    """The same with what is left of it on the test part."""
    outcomes, fronts = [one.outcome for one in findings], [one.front for one in findings]
    found = confirm(settings, invocation, outcomes, fronts)
    return [replace(one, confirmation=c) for one, c in zip(findings, found, strict=True)]


def spend(
    settings: TuneSettings,
    invocation: Invocation,
    candidate: Candidate,
    study: Study,
    base: str | None,
    screen: Screen,
) -> None:
    """Spend one candidate's budget, in this process or in several."""
    lines = TrialLines(screen, study, candidate)
    lines.announce()
    if not study.is_done():
        n, reason = number_of(settings, candidate)
        if reason:
            screen.note(f"{candidate.name}: {reason}")
        if n == 1:
            work(candidate, study, lines.update)
        else:
            work_together(n, settings, invocation, candidate, study, base, lines.update)
    lines.end()
