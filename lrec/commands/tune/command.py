"""Tuning with the same budget for every candidate, and the best settings of each."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from lrec.commands.composing import Invocation
from lrec.commands.loading import load_data
from lrec.commands.tune.candidate import Candidate, candidates, open_study
from lrec.commands.tune.progress import TrialLines
from lrec.commands.tune.report import preset, report
from lrec.commands.tune.report.confirmation import confirm
from lrec.commands.tune.report.front import Front
from lrec.commands.tune.report.outcome import Outcome
from lrec.commands.tune.report.page import Learnt
from lrec.commands.tune.report.tables import following
from lrec.commands.tune.settings import TuneSettings
from lrec.commands.tune.study import Study
from lrec.commands.tune.workers import number_of, work, work_together
from lrec.reporting.terminal import Screen, show_warnings

INTERRUPTED = 130  # exit status


def run(settings: TuneSettings, invocation: Invocation) -> None:
    """Spend every candidate's budget; print, write and log what was found."""
    config, screen = invocation.config, Screen()
    show_warnings(screen)
    chosen = candidates(settings, invocation)
    load_data(chosen[0].job[0])  # first: MLflow takes seconds to import
    if settings.worker:
        for candidate in chosen:
            study = open_study(settings, candidate, settings.study)
            lines = TrialLines(screen, study, candidate)
            work(candidate, study, lines.trial)
        return
    settings.tracking.reach()
    base = settings.study
    if settings.fresh:
        base = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()}"
    studies: list[tuple[Candidate, Study]] = []
    tags = {"lrec.command": "tune", "lrec.monitor": settings.monitor}
    interrupted = False
    with settings.tracking.parent(f"tune-{len(chosen)}-candidates", tags, config.folder) as log:
        try:
            for candidate in chosen:
                study = open_study(settings, candidate, base)
                studies.append((candidate, study))
                if settings.to is not None:
                    preset.refuse_foreign(Path(settings.to), study.name, settings.fresh)
                spend(settings, invocation, candidate, study, base, screen)
        except KeyboardInterrupt:
            interrupted = True
            screen.note("interrupted: the best so far; the same command goes on with the study")
        learnt = [of_study(*one) for one in studies]
        if learnt:
            facts = report.facts_of(settings, invocation, learnt[0].outcome)
            paths = report.write(config.folder, settings, learnt, facts)
            if settings.confirm_seeds and not interrupted:
                try:
                    learnt = with_confirmation(settings, invocation, learnt)
                    paths = report.write(config.folder, settings, learnt, facts)
                except KeyboardInterrupt:
                    interrupted = True
            report.log_all(log, settings, learnt)
            for path in paths:
                log.file(path)
    if learnt:
        report.show(screen, settings, learnt)
        screen.note(f"page: {config.folder / 'tuning.html'}")
    if settings.to is not None and Path(settings.to).exists():
        words = preset.use(Path(settings.to))
        screen.note(f"preset: {settings.to}" + (f"; train it: {words}" if words else ""))
    screen.note(log.location)
    if len(learnt) > 1 or not any(one.confirmation for one in learnt):
        screen.commands("next, on the test part", *following([one.outcome for one in learnt]))
    if interrupted:
        raise SystemExit(INTERRUPTED)


def of_study(candidate: Candidate, study: Study) -> Learnt:
    """What a study's storage holds now."""
    outcome = Outcome.of(candidate, study)
    return Learnt(outcome, Front.of(outcome))


def with_confirmation(
    settings: TuneSettings, invocation: Invocation, learnt: list[Learnt]
) -> list[Learnt]:
    """The same with what is left of it on the test part."""
    outcomes, fronts = [one.outcome for one in learnt], [one.front for one in learnt]
    found = confirm(settings, invocation, outcomes, fronts)
    return [replace(one, confirmation=c) for one, c in zip(learnt, found, strict=True)]


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
    lines.begin()
    if study.budget.is_spent(study.counted()):
        return
    if number_of(settings, candidate) == 1:
        work(candidate, study, lines.trial)
    else:
        work_together(settings, invocation, candidate, study, base, lines.update)
