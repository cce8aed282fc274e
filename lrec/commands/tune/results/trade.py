"""A study's front in sentences: what the best setting gains, and what a gain costs elsewhere."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results.front import Difference, Front
from lrec.commands.tune.results.outcome import Measured
from lrec.evaluation.bucket import ALL
from lrec.reporting.formatting import metric_name, number, signed

NO_TRADE = "no trade-off was found"


def gain_sentence(front: Front) -> str:
    """The best setting of the first objective against the candidate as it is."""
    goal = front.objectives[0]
    if not front.settings:
        return "no trial has a value."
    best = front.settings[0]
    low, high = front.value_interval(best, goal)
    around = f" (95 %: {number(low)} to {number(high)})" if np.isfinite(low) else ""
    value = f"{goal.words}: {number(best.values[goal.name])}{around}"
    if not best.overrides:
        return f"none of {len(front.trials)} trials is better than the candidate as it is, {value}."
    lead = f"trial {best.number + 1} of {len(front.trials)} is best, {value}"
    if front.as_it_is is None:
        return f"{lead}."
    gained = front.difference(best, front.as_it_is, goal)
    luck = "" if gained.shown > 0 else ": luck cannot be excluded"
    return f"{lead}; against the candidate as it is {percent(gained)} ({measured(gained)}){luck}."


def trade_sentence(front: Front) -> str:
    """The gain of one setting of the front in one objective, and its cost in another one.

    Both have to be told apart by their intervals; pairs are looked at from the ends of the front
    inwards.
    """
    words = " and ".join(goal.words for goal in front.objectives)
    if len(front.settings) < 2:
        best = f": trial {front.settings[0].number + 1} is best in all" if front.settings else ""
        return f"{NO_TRADE} between {words}{best}."
    for one, other in pairs(front):
        found = front.differences(one, other)
        gains = [difference for difference in found if difference.shown > 0]
        costs = [difference for difference in found if difference.shown < 0]
        if gains and costs:
            gain, cost = gains[0], costs[0]
            return (
                f"{percent(gain)} {_where(gain.objective, 'for')} ({measured(gain)}) costs "
                f"{percent(cost).lstrip('−')} {_where(cost.objective, 'in')} ({measured(cost)}): "
                f"trial {one.number + 1} against trial {other.number + 1}."
            )
    return (
        f"{NO_TRADE} between {words}: the front has {len(front.settings)} settings, but no two of "
        "them are told apart in both directions."
    )


def pairs(front: Front) -> list[tuple[Measured, Measured]]:
    """Pairs of the front's settings, each the better one of the first objective first.

    Those that lie farthest apart on the front come first.
    """
    places = list(combinations(range(len(front.settings)), 2))
    places.sort(key=lambda pair: pair[0] - pair[1])
    return [(front.settings[i], front.settings[j]) for i, j in places]


def percent(difference: Difference) -> str:
    """A difference in percent of the other value, with a plus where it is better."""
    share = difference.relative
    if not np.isfinite(share):
        return "better" if difference.objective.sign * difference.value > 0 else "worse"
    rounded = f"{100 * abs(share):.0f} %"
    rounded = "under 1 %" if rounded == "0 %" and share else rounded
    if rounded.startswith("under"):
        return rounded
    return f"{'+' if share >= 0 else '−'}{rounded}"


def measured(difference: Difference) -> str:
    """A difference as a number, with its interval."""
    name = metric_name(difference.objective.column)
    text = f"{name} {signed(difference.value)}"
    if np.isfinite(difference.low):
        text += f"; 95 %: {signed(difference.low)} to {signed(difference.high)}"
    return text


def _where(objective: Objective, preposition: str) -> str:
    if objective.is_cost:
        return "in " + objective.name
    return (
        f"{preposition} all users"
        if objective.group == ALL
        else f"{preposition} the {objective.group}"
    )
