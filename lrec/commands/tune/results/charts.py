"""Charts of a study: its course, its front, what mattered, and all settings side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.outcome import Measured
from lrec.commands.tune.search_space import SearchSpace, written
from lrec.commands.tune.trials.attributes import PRUNED
from lrec.reporting.formatting import number
from lrec.reporting.page.line_chart import Line, line_chart
from lrec.reporting.page.parallel_chart import Course, Scale, parallel_chart
from lrec.reporting.page.row_chart import Group, Row, row_chart
from lrec.reporting.page.scatter_chart import Point, scatter_chart
from lrec.reporting.page.svg import Chart


def history_chart(name: str, trials: Sequence[Measured], objective: Objective) -> Chart:
    """An objective's value of each trial, and the best so far."""
    known = [trial for trial in trials if objective.name in trial.values]
    values = [trial.values[objective.name] for trial in known]
    best = list(accumulate(values, max if objective.sign > 0 else min))
    pruned = [trial.ended == PRUNED for trial in known]
    own = next((trial.values[objective.name] for trial in known if not trial.overrides), None)
    lines = [
        Line("best so far", "--c0", best),
        Line("trials", "--c1", [None if p else v for v, p in zip(values, pruned, strict=True)],
             dots=True),
        Line("pruned", "--shade", [v if p else None for v, p in zip(values, pruned, strict=True)],
             dots=True),
        Line("as it is", "--c2", [own] * len(known), dashed=True),
    ]  # fmt: skip
    steps = [str(trial.number + 1) for trial in known]
    titles = ("trial", f"{objective.words}, on validation")
    title = f"{objective.words} over trials"
    return line_chart(f"{name}_history", title, lines, steps, titles, zero=False)


def hypervolume_chart(name: str, front: Front) -> Chart:
    """The hypervolume over trials."""
    lines = [Line("hypervolume", "--c0", front.hypervolumes())]
    steps = [str(trial.number + 1) for trial in front.trials]
    titles = ("trial", "hypervolume")
    return line_chart(f"{name}_hypervolume", "hypervolume over trials", lines, steps, titles)


def front_charts(name: str, front: Front) -> list[Chart]:
    """The first objective against each other one, as differences to the candidate as it is.

    Values where that has none.
    """
    goal, *others = front.objectives
    return [_front_chart(name, front, other, goal) for other in others]


def _front_chart(name: str, front: Front, across: Objective, up: Objective) -> Chart:
    best = {trial.number for trial in front.settings}
    points = []
    for trial in sorted(front.trials, key=lambda one: one.number in best):
        own, inside = not trial.overrides, trial.number in best
        x, y = (_bounds(front, trial, goal) for goal in (across, up))
        label = "as it is" if own else f"trial {trial.number + 1}" if inside else ""
        colour = "--c2" if own else "--c0" if inside else "--shade"
        shape = "square" if own else "dot" if inside else "ring"
        points.append(Point(label, colour, x, y, shape))
    to = "" if front.as_it_is is None else ": difference to as it is"
    titles = (f"{across.words}{to}", f"{up.words}{to}")
    chart_name = f"{name}_front_{across.column}_{across.group}"
    title = f"{up.words} against {across.words}"
    return scatter_chart(chart_name, title, points, titles, zero=front.as_it_is is not None)


def _bounds(front: Front, trial: Measured, goal: Objective) -> tuple[float, float, float]:
    """A trial's place on an axis, with its interval where it has one."""
    if front.as_it_is is None:
        value = trial.values[goal.name]
        return value, value, value
    found = front.difference(trial, front.as_it_is, goal)
    known = math.isfinite(found.low) and trial is not front.as_it_is
    return (found.low, found.value, found.high) if known else (found.value,) * 3


def importance_chart(name: str, shares: Mapping[str, Mapping[str, float]], n: int) -> Chart:
    """Shares of each parameter in what distinguishes the best settings, by objective.

    Args:
        shares: of each parameter, by the words of an objective.
        n: trials that it was found in.
    """
    groups = [
        Group(
            goal,
            f"of {n} trials",
            [
                Row(_short(key), f"{100 * share:.0f} %",
                    shares=[(share, "--c0"), (1 - share, "--line")])
                for key, share in of_goal.items()
            ],
        )
        for goal, of_goal in shares.items()
    ]  # fmt: skip
    title = "share of each parameter in what distinguishes the best settings"
    return row_chart(f"{name}_importance", title, groups, "share", zero=True)


def parameters_chart(
    name: str, trials: Sequence[Measured], space: SearchSpace, objectives: Sequence[Objective]
) -> Chart | None:
    """All settings in parallel coordinates, the objectives last; None where nothing was drawn."""
    known = [t for t in trials if all(goal.name in t.values for goal in objectives)]
    if not space.keys or len(known) < 2:
        return None
    goal = objectives[0]
    ranked = sorted(known, key=lambda trial: -goal.sign * trial.values[goal.name])
    strong = {trial.number for trial in ranked[: max(1, len(ranked) // 10)]}
    columns = [[trial.values[one.name] for trial in known] for one in objectives]
    scales = [_scale(key, part) for key, part in space.keys.items()]
    scales += [_value_scale(o, column) for o, column in zip(objectives, columns, strict=True)]
    courses = []
    for row, trial in enumerate(known):
        places = [_place(part, trial.params.get(key)) for key, part in space.keys.items()]
        places += [
            _share(column[row], column, one.sign)
            for one, column in zip(objectives, columns, strict=True)
        ]
        own, best = not trial.overrides, trial.number == ranked[0].number
        colour = "--c2" if own else "--c0" if trial.number in strong else "--shade"
        label = "as it is" if own else "best" if best else ""
        courses.append(Course(places, colour, own or trial.number in strong, own, label))
    title = "settings of all trials, and what they led to"
    return parallel_chart(f"{name}_parameters", title, scales, courses)


def _scale(key: str, part: Choice | Interval) -> Scale:
    if isinstance(part, Choice):
        return Scale(_short(key), [(_at(part, v), written(v)) for v in part.values])
    return Scale(_short(key), [(0.0, f"{part.low:g}"), (1.0, f"{part.high:g}")])


def _value_scale(objective: Objective, values: Sequence[float]) -> Scale:
    ends = (min(values), max(values))[:: objective.sign]
    return Scale(objective.words, [(0.0, number(ends[0])), (1.0, number(ends[1]))])


def _place(part: Choice | Interval, value: Any) -> float | None:
    """The place of a drawn value on its axis; None where nothing was drawn."""
    if value is None:
        return None
    if isinstance(part, Choice):
        return _at(part, value)
    low, high, drawn = part.low, part.high, float(value)
    if part.log:
        low, high, drawn = math.log(low), math.log(high), math.log(drawn)
    return (drawn - low) / (high - low) if high > low else 0.5


def _at(choice: Choice, value: Any) -> float:
    names = [written(one) for one in choice.values]
    return names.index(written(value)) / max(1, len(names) - 1)


def _share(value: float, values: Sequence[float], sign: int) -> float:
    """The place of a value among others, the best at the top."""
    low, high = min(values), max(values)
    share = (value - low) / (high - low) if high > low else 0.5
    return share if sign > 0 else 1 - share


def _short(key: str) -> str:
    return key.partition(".")[2] or key
