"""Tuning with the same budget for every candidate, and the best settings of each."""

from __future__ import annotations

import os
import time

from lrec.base.files import write_table
from lrec.commands.composing import Invocation
from lrec.commands.loading import load_data
from lrec.commands.tune.candidate import Candidate, candidates, open_study
from lrec.commands.tune.progress import TrialLines
from lrec.commands.tune.report.front import Front
from lrec.commands.tune.report.outcome import Outcome
from lrec.commands.tune.report.tables import (
    following,
    front_table,
    log_outcomes,
    outcome_table,
    outcomes_of,
)
from lrec.commands.tune.report.trade import gain_sentence, trade_sentence
from lrec.commands.tune.settings import TuneSettings
from lrec.commands.tune.study import Study
from lrec.commands.tune.workers import number_of, work, work_together
from lrec.reporting.markdown import markdown
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
                spend(settings, invocation, candidate, study, base, screen)
        except KeyboardInterrupt:
            interrupted = True
            screen.note("interrupted: the best so far; the same command goes on with the study")
        outcomes = [Outcome.of(candidate, study) for candidate, study in studies]
        log_outcomes(log, outcomes)
        table = outcome_table(outcomes, settings)
        log.describe(markdown(table))
        path = config.folder / "candidates.csv"
        write_table(path, outcomes_of(outcomes))
        log.file(path)
    screen.print(table)
    for outcome in outcomes:
        front = Front.of(outcome)
        screen.note(f"{outcome.candidate.name}: {gain_sentence(front)}")
        if len(front.objectives) > 1:
            screen.print(front_table(front, f"front of {outcome.candidate.name}, on validation"))
            screen.note(trade_sentence(front))
    screen.note(log.location)
    screen.commands("next, on the test part", *following(outcomes))
    if interrupted:
        raise SystemExit(INTERRUPTED)


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
