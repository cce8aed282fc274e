"""Runs of several models that have the same replicates: seeds, and parts of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lrec.commands.runs.model_identity import name
from lrec.commands.runs.replicates import PARTS, Key
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.tracking import SavedRun

# The runs of a model: part of the data -> seed -> run.
ByPart = Mapping[Key, Mapping[int, SavedRun]]


def part_of(run: SavedRun) -> Key:
    """The part of the data that a run is trained and tested on: window, fold and split seed."""
    return tuple((key, run.params[key]) for key in PARTS if key in run.params)


def part_words(parts: Iterable[Key]) -> dict[Key, str]:
    """Each part in words, by what the parts do not have in common.

    >>> part_words([(("split.window", "0"),), (("split.window", "1"),)]).values()
    dict_values(['window 0', 'window 1'])
    """
    parts = list(parts)
    shared = set.intersection(*map(set, parts)) if len(parts) > 1 else set()
    return {
        part: ", ".join(
            f"{key.replace('.seed', ' seed').removeprefix('split.')} {value}"
            for key, value in part
            if (key, value) not in shared
        )
        for part in parts
    }


def same_replicates(groups: Sequence[ByPart], named: bool) -> list[dict[Key, dict[int, SavedRun]]]:
    """Each model's runs by part and seed, in rising order, which are the same for all.

    The one run of a model without a seed stands beside all runs of the others.

    Args:
        named: True if somebody has named these very runs: then all of them count; if not, those
            that not all models have are left out.

    Raises:
        ComparisonError: they are not the same, or none is.
    """
    if not groups:
        return []
    parts = _same_parts(groups, named)
    once = [_without_seed(group) for group in groups]
    seeded = [
        {part: group[part] for part in parts}
        for group, constant in zip(groups, once, strict=True)
        if not constant
    ]
    seeds = _same_seeds(seeded, named) if seeded else {next(iter(once[0].values())).seed}
    return [
        {
            part: {
                seed: constant[part] if constant else group[part][seed] for seed in sorted(seeds)
            }
            for part in parts
        }
        for group, constant in zip(groups, once, strict=True)
    ]


def _without_seed(group: ByPart) -> dict[Key, SavedRun]:
    """The run of each part that has no seed; none of a model that has one."""
    runs = [(part, run) for part, of_part in group.items() for run in of_part.values()]
    return {part: run for part, run in reversed(runs) if not run.seeded}


def _same_parts(groups: Sequence[ByPart], named: bool) -> list[Key]:
    common = set.intersection(*(set(group) for group in groups))
    words = part_words({part: None for group in groups for part in group})
    for group in groups[1:]:
        if (named or not common) and set(group) != set(groups[0]):
            lists = [sorted(words[part] for part in of) for of in (groups[0], group)]
            raise ComparisonError(
                f"{_name(groups[0])} and {_name(group)} have different parts of the data, "
                f"{lists[0]} and {lists[1]}: train both on the same ones."
            )
    return sorted(common, key=lambda part: [int(value) for _, value in part])


def _same_seeds(groups: Sequence[ByPart], named: bool) -> set[int]:
    every = [(group, set(runs)) for group in groups for runs in group.values()]
    common = set.intersection(*(seeds for _, seeds in every))
    for group, seeds in every:
        if (named or not common) and seeds != every[0][1]:
            both = list(dict.fromkeys([_name(groups[0]), _name(group)]))
            have = "and ".join(f"{one} " for one in both) + ("have" if len(both) > 1 else "has")
            raise ComparisonError(
                f"{have} different seeds, {sorted(every[0][1])} and {sorted(seeds)}: train all "
                "models with the same ones, on every part of the data."
            )
    return common


def _name(group: ByPart) -> str:
    return name(next(iter(next(iter(group.values())).values())))
