"""The page of a tuning: a section for each candidate, with all that its study has found."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lrec.commands.runs.aggregates import label
from lrec.commands.tune.results import charts
from lrec.commands.tune.results.confirmation import Confirmation
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.importance import LEAST, importances
from lrec.commands.tune.results.outcome import Measured, StudyOutcome
from lrec.commands.tune.results.trade import gain_sentence, trade_sentence
from lrec.reporting.formatting import number
from lrec.reporting.page import render
from lrec.reporting.page.svg import Chart


@dataclass(frozen=True)
class Findings:
    """A candidate's study once it has ended, its front and its confirmation.

    Attributes:
        confirmation: of its best settings on the test part; None where there was none.
    """

    outcome: StudyOutcome
    front: Front
    confirmation: Confirmation | None = None

    @property
    def sentences(self) -> list[str]:
        """The study in plain sentences, those of the test part last."""
        said = [gain_sentence(self.front)]
        if len(self.front.objectives) > 1:
            said.append(trade_sentence(self.front))
        return [*said, *(self.confirmation.sentences if self.confirmation else [])]


def page(findings: Sequence[Findings], facts: Mapping[str, Any]) -> str:
    """HTML of the findings of studies.

    Args:
        facts: version, command, monitor and budget, data and digest.
    """
    return render(
        Path(__file__).with_name("page.html"),
        sections=[section(one) for one in findings],
        facts=facts,
        least=LEAST,
    )


def section(findings: Findings) -> dict[str, Any]:
    """One candidate's part of the page, as its template takes it."""
    outcome, front = findings.outcome, findings.front
    name, goals = label(outcome.candidate.name), outcome.study.objectives
    space = outcome.study.space
    shares = {goal.words: importances(outcome.trials, goal, space) for goal in goals}
    shares = {words: found for words, found in shares.items() if found}
    several = len(goals) > 1
    confirmation = findings.confirmation
    return {
        "name": outcome.candidate.name,
        "study": outcome.study.name,
        "trials": outcome.n_trials,
        "failed": len(outcome.failures),
        "pruned": outcome.n_pruned,
        "minutes": outcome.seconds / 60,
        "epochs": outcome.epochs,
        "sentences": findings.sentences,
        "savings": outcome.savings,
        "history": _history(name, outcome.trials, goals[0]),
        "fronts": charts.front_charts(name, front) if several and front.trials else [],
        "hypervolume": charts.hypervolume_chart(name, front) if several and front.trials else None,
        "reference": [
            (goal.words, number(goal.sign * float(value)))
            for goal, value in zip(goals, front.reference, strict=True)
        ]
        if several and front.trials
        else [],
        "importance": charts.importance_chart(name, shares, len(outcome.trials))
        if shares
        else None,
        "parameters": charts.parameters_chart(name, outcome.trials, space, goals),
        "confirmed": confirmation.chart if confirmation else None,
        "runs": confirmation.runs if confirmation else {},
        "goals": [goal.words for goal in goals],
        "front": front_rows(front),
        "rows": trial_rows(outcome, front),
    }


def _history(name: str, trials: Sequence[Measured], goal: Any) -> Chart | None:
    known = any(goal.name in trial.values for trial in trials)
    return charts.history_chart(name, trials, goal) if known else None


def front_rows(front: Front) -> list[dict[str, Any]]:
    """The front's settings, each against the candidate as it is and against the next better one."""
    rows: list[dict[str, Any]] = []
    before: Measured | None = None
    for trial in front.settings:
        cells = []
        for goal in front.objectives:
            low, high = front.value_interval(trial, goal)
            own, neighbour = (
                None if other is None or other is trial else front.difference(trial, other, goal)
                for other in (front.as_it_is, before)
            )
            cells.append(
                {
                    "value": trial.values[goal.name],
                    "bounds": _bounds(low, high),
                    "own": own,
                    "own_bounds": _bounds(own.low, own.high) if own else None,
                    "neighbour": neighbour,
                    "neighbour_bounds": _bounds(neighbour.low, neighbour.high)
                    if neighbour
                    else None,
                }
            )
        words = shlex.join(trial.overrides) or "as it is"
        rows.append({"number": trial.number + 1, "cells": cells, "settings": words})
        before = trial
    return rows


def trial_rows(outcome: StudyOutcome, front: Front) -> list[dict[str, Any]]:
    """All trials, also failed ones."""
    best = {trial.number for trial in front.settings}
    every = sorted([*outcome.trials, *outcome.failures], key=lambda trial: trial.number)
    return [
        {
            "number": trial.number + 1,
            "best": trial.number in best,
            "values": [trial.values.get(goal.name) for goal in outcome.study.objectives],
            "seconds": trial.seconds,
            "epochs": trial.epochs,
            "ended": trial.ended or "",
            "run": trial.run,
            "settings": shlex.join(trial.overrides) or "as it is",
        }
        for trial in every
    ]


def _bounds(low: float, high: float) -> tuple[float, float] | None:
    return (low, high) if np.isfinite(low) else None
