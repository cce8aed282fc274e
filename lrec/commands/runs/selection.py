"""Which saved runs are compared: models by name, each with the same seeds on the same questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from lrec import __version__
from lrec.base.errors import ConfigError
from lrec.commands.settings import RunSettings
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.tracking import SavedRun, finished

# Parameters that make a model what it is, and those that make the questions.
SETTINGS = ("model", "schedule", "feature", "augment", "monitor")
QUESTIONS = ("split",)


@dataclass(frozen=True)
class SelectionSettings(RunSettings):
    """What a command over saved runs is told beside a run's own config; see `conf/compare.yaml`."""

    runs: list[str]
    filter: str | None
    sweep: str | None
    candidates: list[str]
    seeds: list[int]
    fresh: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [n for n in ("runs", "filter", "sweep", "candidates") if getattr(self, n)]
        if len(given) > 1:
            raise ConfigError(f"only one of them can choose the runs. Received: {given}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ConfigError(
                f"seeds must be different numbers, none negative. Received: {self.seeds}"
            )

    def contenders(self, ids: Sequence[str], least: int = 2) -> list[Contender]:
        """What the config chooses among finished runs.

        Args:
            ids: runs that candidates were found in or trained as; none where there are none.
            least: models without which there is nothing to do.

        Raises:
            ComparisonError: see `select`.
            RuntimeError: there is no such run.
        """
        where = self.filter or ""
        if self.sweep:
            where = f"tags.mlflow.parentRunId = '{self.sweep}'"
        ids = ids or self.runs
        found = finished(self.tracking.experiment, where, ids)
        if not ids:
            found = [run for run in found if run.trained]
        return select(found, chosen=bool(ids or where), least=least)


@dataclass(frozen=True)
class Contender:
    """A model with its settings, trained with one or more seeds.

    Attributes:
        runs: by seed, in rising order.
    """

    name: str
    runs: Mapping[int, SavedRun]

    @property
    def is_baseline(self) -> bool:
        """Whether it is a baseline: not trained by gradient."""
        return self.any.tags.get("lrec.simple") == "True"

    @property
    def any(self) -> SavedRun:
        """One of its runs."""
        return next(iter(self.runs.values()))


def select(runs: Iterable[SavedRun], chosen: bool, least: int = 2) -> list[Contender]:
    """Contenders from runs.

    Args:
        runs: newest first.
        chosen: whether somebody named these very runs. Then all of them count, and one that does
            not fit is refused. If not, the newest run decides data and split, and the newest run
            of each model the model's settings; seeds that not all models have are left out.
        least: models without which there is nothing to do.

    Raises:
        ComparisonError: the runs cannot be compared, or are of fewer models.
    """
    runs = list(runs)
    for run in runs:
        if not run.trained:
            raise ComparisonError(
                f"run {run.id} is of lrec {run.tags.get('lrec.command', '?')}: name runs of lrec "
                "train, which are models."
            )
    if not chosen and runs:
        runs = [run for run in runs if not _differences(run, runs[0])]
        newest = {name(run): settings(run) for run in reversed(runs)}
        runs = [run for run in runs if settings(run) == newest[name(run)]]
    for run in runs[1:]:
        if differences := _differences(run, runs[0]):
            raise ComparisonError(
                f"runs {runs[0].id} ({name(runs[0])}) and {run.id} ({name(run)}) are not "
                f"comparable: {'; '.join(differences)}."
            )
    if len({settings(run) for run in runs}) < least:
        found = ", ".join(sorted({name(run) for run in runs})) or "none"
        raise ComparisonError(
            f"{least} models are needed, on the same data and split; found: {found}. Train more: "
            "lrec train model=itemknn, or name candidates=[popularity,itemknn,…]."
        )
    by_settings: dict[tuple[tuple[str, str], ...], dict[int, SavedRun]] = defaultdict(dict)
    for run in runs:
        by_settings[settings(run)].setdefault(run.seed, run)
    return _named(_same_seeds(list(by_settings.values()), chosen))


def name(run: SavedRun) -> str:
    """What a run's model is called: its config, and what was done to the training data."""
    parts = [run.params.get("model", "?")]
    parts += [run.params[g] for g in ("feature", "augment") if run.params.get(g, "none") != "none"]
    return "-".join(parts)


def settings(run: SavedRun) -> tuple[tuple[str, str], ...]:
    """Every parameter that makes the model what it is."""
    return tuple(sorted(_under(run.params, SETTINGS).items()))


def provenance(
    contenders: Sequence[Contender], command: str, overrides: Sequence[str]
) -> dict[str, Any]:
    """What has to be known to repeat what a command says of runs."""
    some = contenders[0].any
    file = Path(some.params.get("dataset.path", "")).name
    return {
        "version": __version__,
        "command": " ".join([f"lrec {command}", *overrides]),
        "data": f"{some.data} ({file})" if file else some.data,
        "digest": some.digest,
        "seeds": list(contenders[0].runs),
        "runs": {c.name: {seed: run.id for seed, run in c.runs.items()} for c in contenders},
    }


def choose_baseline(
    contenders: Sequence[Contender], primary: str, direction: int, wanted: str | None
) -> str:
    """The contender to compare with: the wanted one, or the best simple one on validation.

    Of a contender with several seeds, the mean over them counts.

    Args:
        direction: of the primary metric, 1 where more is better, -1 where less is.

    Raises:
        ComparisonError: there is none.
    """
    names = [contender.name for contender in contenders]
    if wanted is not None:
        if wanted not in names:
            raise ComparisonError(
                f"baseline must be one of the models: {', '.join(names)}. Received: {wanted}"
            )
        return wanted
    key = f"val/{primary}/all"
    found = {
        c.name: fmean(run.metrics[key] for run in c.runs.values())
        for c in contenders
        if c.is_baseline and all(key in run.metrics for run in c.runs.values())
    }
    if not found:
        raise ComparisonError(
            f"no simple model among {', '.join(names)} has {key}, by which the baseline is chosen. "
            "Name one, baseline=MODEL, or train one: lrec train model=itemknn."
        )
    return max(found, key=lambda name: direction * found[name])


def _differences(run: SavedRun, other: SavedRun) -> list[str]:
    """Why two runs did not answer the same questions."""
    if run.digest != other.digest:
        return [
            f"they have different data, {other.data} ({other.digest[:12]}) "
            f"and {run.data} ({run.digest[:12]})"
        ]
    one, two = _under(other.params, QUESTIONS), _under(run.params, QUESTIONS)
    keys = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
    return [f"{key} is {one.get(key)} and {two.get(key)}" for key in keys]


def _under(params: Mapping[str, str], groups: Sequence[str]) -> dict[str, str]:
    return {key: value for key, value in params.items() if key.partition(".")[0] in groups}


def _same_seeds(groups: list[dict[int, SavedRun]], chosen: bool) -> list[dict[int, SavedRun]]:
    """Each group's runs in the order of their seeds, which are the same for all."""
    common = set.intersection(*map(set, groups)) if groups else set()
    if not chosen and groups and not common:
        return _same_seeds(groups, chosen=True)  # refused there
    for group in groups:
        if chosen and set(group) != set(groups[0]):
            one, two = next(iter(groups[0].values())), next(iter(group.values()))
            raise ComparisonError(
                f"{name(one)} and {name(two)} have different seeds, "
                f"{sorted(groups[0])} and {sorted(group)}: train both with the same ones."
            )
    return [{seed: group[seed] for seed in sorted(common)} for group in groups]


def _named(groups: Sequence[dict[int, SavedRun]]) -> list[Contender]:
    """Names that tell contenders apart: by preset, or by number, where models are the same."""
    firsts = [next(iter(group.values())) for group in groups]
    names = [name(run) for run in firsts]
    if len(set(names)) < len(names):
        names = [run.params.get("experiment", name(run)) for run in firsts]
    names = [
        f"{label} {names[: place + 1].count(label)}" if names.count(label) > 1 else label
        for place, label in enumerate(names)
    ]
    contenders = [Contender(n, group) for n, group in zip(names, groups, strict=True)]
    return sorted(contenders, key=lambda c: (not c.is_baseline, c.name))
