"""A look at a search space before its first trial: unknown keys, and values that are refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from omegaconf import OmegaConf

from lrec.base.config.check import check
from lrec.base.config.conf import groups, shown_file
from lrec.base.errors import ConfigError, nearest, one_line, shown
from lrec.commands.composing import Choice, Interval
from lrec.commands.settings import RunSettings
from lrec.commands.tune.search_space import overrides_of, written

if TYPE_CHECKING:
    from lrec.commands.tune.candidate import Candidate

OTHERS = 8  # settings of all other keys with which a value has to be refused too
NEAR = 0.0138  # of an interval, behind its lower end: no whole number, where it holds any other

Point = dict[str, Any]  # key -> value, as a config has it


def refuse_bad_space(candidate: Candidate) -> None:
    """Refuse a search space that no trial, or not every one, could draw from.

    Settings are composed in which every choice occurs, and the ends of every interval. A value is
    bad if the model refuses it whatever the other keys are: settings that do not go together are
    for a trial to find.

    Raises:
        ConfigError: naming the file of the space, the key, and why.
    """
    values = candidate.job[1].values
    file = shown_file("search", candidate.job[1].choices["model"])
    known = list(_keys(values))
    for key in candidate.space.keys:
        if key not in known:
            raise ConfigError(f"{file}: {shown(key)[1:-1]}: no such key{nearest(key, known)}")
    columns = {key: _values(part) for key, part in candidate.space.keys.items()}
    for place in range(max(map(len, columns.values()), default=0)):
        point = {key: column[place % len(column)] for key, column in columns.items()}
        if _refusal(candidate, point) is None:
            continue
        for key, value in point.items():
            reason = _always_refused(candidate, columns, key, value)
            if reason and _always_refused(_bare(candidate), columns, key, value):
                raise ConfigError(f"{file}: {key}={written(value)} is refused: {reason}")


def _bare(candidate: Candidate) -> Candidate:
    """The model alone: a candidate's own settings may be the reason, and not the space."""
    overrides = [f"model={candidate.job[1].choices['model']}"]
    bare = replace(candidate, overrides=overrides)
    return replace(bare, job=bare.compose([]))


def _always_refused(
    candidate: Candidate, columns: Mapping[str, list[Any]], key: str, value: Any
) -> str | None:
    """The reason that a value is refused for; None where it fits with some settings."""
    generator = np.random.default_rng(0)
    reason = _refusal(candidate, {key: value})
    if reason is None:
        return None
    for _ in range(OTHERS):
        drawn = {name: column[generator.integers(len(column))] for name, column in columns.items()}
        if _refusal(candidate, {**drawn, key: value}) is None:
            return None
    return reason


def _refusal(candidate: Candidate, point: Point) -> str | None:
    """The reason that settings are refused for, in one line; None where they fit.

    The check alone takes a tenth of what it takes to compose, which only other files need.
    """
    composed = candidate.job[1]
    try:
        if point.keys() & {*groups()}:
            candidate.compose(overrides_of({k: written(v) for k, v in point.items()}))
        else:
            config = OmegaConf.create(composed.values)
            for key, value in point.items():
                OmegaConf.update(config, key, value, merge=False)
            check(config, RunSettings, composed.choices)
    except Exception as error:  # of a constructor, which may be anybody's
        return one_line(error)
    return None


def _values(part: Choice | Interval) -> list[Any]:
    """All choices; of an interval, its ends and one near the lower, as a trial would have them."""
    if isinstance(part, Choice):
        return part.values
    low, high = (math.log(part.low), math.log(part.high)) if part.log else (part.low, part.high)
    near = low + NEAR * (high - low)
    numbers = (part.low, math.exp(near) if part.log else near, part.high)
    return [json.loads(text.partition("=")[2]) for n in numbers for text in overrides_of({"": n})]


def _keys(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key of a config, those inside others with dots."""
    for name, value in values.items():
        inner = _keys(value, f"{prefix}{name}.") if isinstance(value, Mapping) else ()
        yield from chain([f"{prefix}{name}"], inner)
