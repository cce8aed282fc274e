"""Commands that one would give next, for the last lines that a command prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from lrec.base.config import plugins
from lrec.commands.composing import key_of
from lrec.tracking import CONTAINS_HISTORIES, KEEP_HISTORIES, LISTS, UNSAVED, SavedRun
from lrec.tracking.log import TAG

SHORT = 8  # letters of a run's id that stand for it in commands
NUMBER = re.compile(r"\d+(e\d+)?")  # what Hydra reads as one, and not as letters of an id
HYDRA = re.compile(r"hydra\b")
LOG_MODEL = "tracking.log_model"


def short_id(run_id: str) -> str:
    """The first letters of a run's id, more of them where they would be read as a number.

    >>> short_id("0123456789abcdef"), short_id("12e45678a9bcdef0")
    ('0123456789a', '12e45678a')
    """
    ends = range(SHORT, len(run_id))
    return next((run_id[:end] for end in ends if not NUMBER.fullmatch(run_id[:end])), run_id)


def origin_of(tags: Mapping[str, str]) -> list[str] | None:
    """The command that trained a run, by the run's tags; None where not all of it was kept."""
    text = tags.get("lrec.overrides", "")
    try:
        words = shlex.split(text)
    except ValueError:  # a quote was cut off
        return None
    command = "blend" if tags.get("lrec.for") == "blend" else "train"
    if tags.get("lrec.command") == LISTS:
        command = "evaluate"
    if tags.get("lrec.for") == "update" or "lrec.updates" in tags:
        command = "update"
    return None if len(text) >= TAG else ["lrec", command, *words]


def with_model(
    run_id: str,
    origin: Sequence[str] | None = None,
    location: Mapping[str, Any] | None = None,
    switches: Sequence[str] = (LOG_MODEL,),
) -> list[list[str]]:
    """Commands that use a trained model: recommend with it, and serve it.

    Args:
        origin: the command that trained it, where the model was not kept: it is given again.
        location: keys that say where its data lies now, and their values.
        switches: keys for want of which it was not kept.
    """
    if origin is not None:
        return [[*without(origin, *switches), *(f"{key}=true" for key in switches)]]
    request = ["users=all", "top=10", "to=lists.csv", *_moved(location)]
    return [
        ["lrec", "recommend", *plugins.words(), f"run={short_id(run_id)}", *request],
        [
            *_environment(),
            "mlflow",
            "models",
            "serve",
            "-m",
            f"runs:/{run_id}/model",
            "--env-manager",
            "local",
        ],
    ]


def _environment() -> list[str]:
    """The word that lets MLflow's server import the plugins of this process."""
    packages = plugins.packages()
    return ["env", f"{plugins.VARIABLE}={','.join(packages)}"] if packages else []


def with_saved(run: SavedRun, location: Mapping[str, Any] | None = None) -> list[list[str]]:
    """Commands that use the model of a saved run; none where it was not kept, nor its command."""
    if run.has_lists or UNSAVED in run.tags:
        return []
    switches = [LOG_MODEL] if run.params.get(LOG_MODEL) == "False" else []
    if CONTAINS_HISTORIES in run.tags and run.params.get(KEEP_HISTORIES) != "True":
        switches.append(KEEP_HISTORIES)
    if not switches:
        return with_model(run.id, location=location)
    origin = origin_of(run.tags)
    given = [] if origin is None else [*origin, *_moved(location)]
    return with_model(run.id, given, switches=switches) if given else []


def over_runs(
    command: str, run_ids: Sequence[str], location: Mapping[str, Any] | None = None
) -> list[str]:
    """A command over saved runs.

    Args:
        location: keys that say where their data lies now, and their values.
    """
    return [
        "lrec",
        command,
        *plugins.words(),
        f"runs=[{','.join(map(short_id, run_ids))}]",
        *_moved(location),
    ]


def _moved(location: Mapping[str, Any] | None) -> list[str]:
    return [f"{key}={value}" for key, value in (location or {}).items()]


def without(overrides: Sequence[str], *keys: str) -> list[str]:
    """Overrides that another command can take over: not these, nor Hydra's, which name a folder.

    >>> without(["+experiment=vae_beauty", "seed=2", "hydra.run.dir=a"], "experiment")
    ['seed=2']
    """
    return [o for o in overrides if key_of(o) not in keys and not HYDRA.match(key_of(o))]
