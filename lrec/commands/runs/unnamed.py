"""The runs that a command takes where none are named: of one kind, and the newest of each model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from lrec.commands.runs.model_identity import differences, name, settings
from lrec.tracking import OPEN, SavedRun, purpose

HELD_OUT = "user_holdout"
OPEN_HELD_OUT = (*OPEN, "reveal", "simulate")


def newest_comparable(
    runs: Sequence[SavedRun], held_out: bool = False, apart: Collection[str] = ()
) -> tuple[list[SavedRun], Counter[str]]:
    """The runs that fit the newest one, and how many are left out, by reason.

    The newest run decides data and split, and the newest run of each model the model's settings.

    Args:
        runs: newest first.
        held_out: True for a command that needs whole users held out.
        apart: parameters of the split that may differ from the newest run's.
    """
    left_out: Counter[str] = Counter()
    kinds = OPEN_HELD_OUT if held_out else OPEN
    taken: list[SavedRun] = []
    newest: dict[str, object] = {}
    for run in runs:
        if purpose(run.tags) not in kinds:
            left_out[f"of lrec {purpose(run.tags)}"] += 1
        elif held_out and run.params.get("split") != HELD_OUT:
            left_out[f"with split={run.params.get('split')}"] += 1
        elif taken and run.digest != taken[0].digest:
            left_out[f"on other data ({run.data} {run.digest[:12]})"] += 1
        elif taken and differences(run, taken[0], apart):
            left_out[f"with another split ({run.params.get('split')})"] += 1
        elif settings(run) != newest.setdefault(name(run), settings(run)):
            left_out["older, with other settings"] += 1
        else:
            taken.append(run)
    return taken, left_out


def left_out_words(left_out: Counter[str]) -> str:
    """A sentence on the runs that were not taken; empty if all were."""
    if not left_out:
        return ""
    parts = [f"{n} {reason}" for reason, n in left_out.items()]
    return f"left out: {', '.join(parts)} (name runs=[…], filter= or sweep= to take them)"
