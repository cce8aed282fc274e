"""Everything that a tuning leaves: page, tables, figure and preset, in its folder and in MLflow."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec import __version__
from lrec.base.files import write_table, write_text
from lrec.commands.compare.files import differences
from lrec.commands.compare.table import comparison_table
from lrec.commands.composing import Invocation
from lrec.commands.runs.aggregates import label
from lrec.commands.runs.find_or_train import data_digest
from lrec.commands.tune.results import preset
from lrec.commands.tune.results.front import RESAMPLES, Front
from lrec.commands.tune.results.outcome import Measured, StudyOutcome
from lrec.commands.tune.results.page import Findings, page
from lrec.commands.tune.results.tables import (
    front_table,
    log_outcomes,
    outcome_table,
    outcomes_of,
    trials_table,
)
from lrec.commands.tune.settings import TuneSettings
from lrec.reporting import figures
from lrec.reporting.formatting import number
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen
from lrec.tracking import Log

if TYPE_CHECKING:
    import pandas as pd


def facts_of(
    settings: TuneSettings, invocation: Invocation, outcome: StudyOutcome
) -> dict[str, Any]:
    """Facts for readers of a tuning, and to repeat it.

    Args:
        outcome: of any candidate; all have the same data.
    """
    job = outcome.candidate.job
    file = Path(str(job[1].values["dataset"].get("path") or "")).name
    name = job[0].dataset.name
    return {
        "version": __version__,
        "command": shlex.join(["lrec", "tune", *invocation.config.overrides]),
        "data": f"{name} ({file})" if file else name,
        "digest": data_digest(job, {}),
        "goals": [goal.words for goal in settings.goals],
        "monitor": ", ".join(goal.name for goal in settings.goals),
        "budget": settings.budget.words,
        "seconds": settings.seconds is not None,
        "resamples": RESAMPLES,
    }


def write(
    folder: Path, settings: TuneSettings, findings: Sequence[Findings], facts: Mapping[str, Any]
) -> list[Path]:
    """Write the page, all trials and candidates as tables, a figure of two objectives, a preset."""
    outcomes, fronts = [one.outcome for one in findings], [one.front for one in findings]
    trials = trials_table(outcomes, fronts)
    paths = [folder / name for name in ("tuning.html", "trials.csv", "candidates.csv")]
    write_text(paths[0], page(findings, facts))
    write_table(paths[1], trials)
    write_table(paths[2], outcomes_of(outcomes))
    confirmed = [one for one in findings if one.confirmation and one.confirmation.comparison]
    if confirmed:
        paths.append(folder / "confirmation.csv")
        write_table(paths[-1], confirmation_table(confirmed))
    if len(settings.goals) == 2:
        for one in findings:
            name = f"pareto-{label(one.outcome.candidate.name)}" if len(findings) > 1 else "pareto"
            paths += _figure(folder / f"{name}.png", one.front)
    if settings.preset is not None and (text := winner(findings[0], facts)):
        preset.write(settings.preset, text)
        paths.append(folder / settings.preset.name)  # in MLflow, too
        write_text(paths[-1], text)
    return paths


def confirmation_table(findings: Sequence[Findings]) -> pd.DataFrame:
    """The rows of all comparisons on the test part, with their candidate."""
    import pandas as pd

    return pd.concat(
        [
            one.confirmation.comparison.rows.assign(candidate=one.outcome.candidate.name)
            for one in findings
            if one.confirmation and one.confirmation.comparison
        ],
        ignore_index=True,
    )


def winner(findings: Findings, facts: Mapping[str, Any]) -> str:
    """The best setting of the first objective as a preset; empty if no trial has a value."""
    outcome, front = findings.outcome, findings.front
    best = outcome.best
    if best is None:
        return ""
    lines = [
        f"The winner of lrec tune for {outcome.candidate.name}, of {time.strftime('%Y-%m-%d')}, on "
        f"{facts['data']}:",
        f"  {facts['command']}",
        f"Monitored: {facts['monitor']}. Budget: {facts['budget']}; spent: "
        f"{outcome.n_trials} trials, {outcome.seconds:.0f} seconds.",
        _value_line(front, best),
    ]
    if findings.confirmation is not None:
        lines += [f"{text[0].upper()}{text[1:]}" for text in findings.confirmation.sentences[:1]]
    overrides = [*outcome.candidate.overrides, *best.overrides]
    return preset.preset_text(outcome.candidate.composer, overrides, outcome.study.name, lines)


def _value_line(front: Front, best: Measured) -> str:
    goal = front.objectives[0]
    low, high = front.value_interval(best, goal)
    around = f" (95 %: {number(low)} to {number(high)})" if np.isfinite(low) else ""
    own = "" if front.as_it_is is None else f", {number(front.as_it_is.values[goal.name])} as it is"
    return (
        f"Validation value: {goal.words} {number(best.values[goal.name])}{around}{own}. Settings "
        "were chosen by it, so the test's is likely to be lower."
    )


def _figure(path: Path, front: Front) -> list[Path]:
    """Two objectives in a static figure; nothing where no trial has both."""
    import pandas as pd

    if not front.trials:
        return []
    up, across = (goal.words for goal in front.objectives)
    best = {trial.number for trial in front.settings}
    columns = zip((up, across), front.objectives, strict=True)
    table = pd.DataFrame({name: [t.values[g.name] for t in front.trials] for name, g in columns})
    table["pareto"] = [trial.number in best for trial in front.trials]
    figures.pareto(table, up, across, path)
    return [path]


def log_all(log: Log, settings: TuneSettings, findings: Sequence[Findings]) -> None:
    """Log budgets, best values and differences on the test part; describe the run."""
    outcomes = [one.outcome for one in findings]
    log_outcomes(log, outcomes)
    texts = [markdown(outcome_table(outcomes, settings))]
    for one in findings:
        name = one.outcome.candidate.name
        texts += [f"{name}: {sentence}" for sentence in one.sentences]
        if len(one.front.objectives) > 1 and one.front.settings:
            texts.append(markdown(front_table(one.front, f"front of {name}, on validation")))
            volume = one.front.hypervolumes()[-1]
            log.metrics({f"hypervolume/{label(name)}": volume})
        comparison = one.confirmation.comparison if one.confirmation else None
        if comparison is not None:
            found = differences(comparison)
            log.metrics({f"confirmed/{label(name)}/{key}": v for key, v in found.items()})
            texts.append(markdown(comparison_table(comparison)))
    log.describe("\n\n".join(texts))


def show(screen: Screen, settings: TuneSettings, findings: Sequence[Findings]) -> None:
    """Print the best of each candidate, fronts, and what is left of it on the test part."""
    screen.print(outcome_table([one.outcome for one in findings], settings))
    for one in findings:
        name = one.outcome.candidate.name
        if len(one.front.objectives) > 1 and one.front.settings:
            screen.print(front_table(one.front, f"front of {name}, on validation"))
        for sentence in filter(None, [*one.sentences, one.outcome.savings]):
            screen.note(f"{name}: {sentence}")
        if one.confirmation and one.confirmation.comparison:
            screen.print(comparison_table(one.confirmation.comparison))
