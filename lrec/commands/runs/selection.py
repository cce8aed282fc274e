"""Selection of saved runs: models by name, each with the same seeds on the same data and split."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrec import __version__
from lrec.base.errors import ConfigError
from lrec.commands.settings import RunSettings
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.tracking import SavedRun, finished

# Root keys of the parameters that define a model, and of those that define the queries.
MODEL_KEYS = ("model", "schedule", "feature", "augment", "monitor")
QUERY_KEYS = ("split",)


@dataclass(frozen=True)
class SelectionSettings(RunSettings):
    """Keys of a command over saved runs, beside those of a run; see `conf/compare.yaml`.

    Attributes:
        runs: MLflow ids.
        filter: in MLflow's search language.
        sweep: MLflow id of a multirun's parent.
        candidates: models, presets or lists of overrides to find or train.
        seeds: that candidates are trained with.
        fresh: train candidates also where a finished run has the same config and data.
    """

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

    def compared_models(self, ids: Sequence[str], least: int = 2) -> list[ComparedModel]:
        """The models that the config selects among finished runs.

        Args:
            ids: runs of the candidates; empty without candidates.
            least: fewest models.

        Raises:
            ComparisonError: see `select`.
            RuntimeError: there is no such run.
        """
        condition = self.filter or ""
        if self.sweep:
            condition = f"tags.mlflow.parentRunId = '{self.sweep}'"
        ids = ids or self.runs
        runs = finished(self.tracking.experiment, condition, ids)
        if not ids:
            runs = [run for run in runs if run.trained]
        return select(runs, named=bool(ids or condition), least=least)


@dataclass(frozen=True)
class ComparedModel:
    """A model with its settings, trained with one or more seeds.

    Attributes:
        name: unique among the compared models.
        runs: by seed, in rising order.
    """

    name: str
    runs: Mapping[int, SavedRun]

    @property
    def is_baseline(self) -> bool:
        """True for a simple model, which is not trained by gradient."""
        return self.any.tags.get("lrec.simple") == "True"

    @property
    def any(self) -> SavedRun:
        """One of its runs."""
        return next(iter(self.runs.values()))


def select(runs: Iterable[SavedRun], named: bool, least: int = 2) -> list[ComparedModel]:
    """Group runs by model and settings; the baselines first, then by name.

    Args:
        runs: newest first.
        named: True if the user has named these very runs. Then all of them count, and one that
            does not fit is refused. If not, the newest run decides data and split, and the newest
            run of each model the model's settings; seeds that not all models have are left out.
        least: fewest models.

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
    if not named and runs:
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
        names = ", ".join(sorted({name(run) for run in runs})) or "none"
        raise ComparisonError(
            f"{least} models are needed, on the same data and split; found: {names}. Train more: "
            "lrec train model=itemknn, or name candidates=[popularity,itemknn,…]."
        )
    by_settings: dict[tuple[tuple[str, str], ...], dict[int, SavedRun]] = defaultdict(dict)
    for run in runs:
        by_settings[settings(run)].setdefault(run.seed, run)
    return _with_names(_same_seeds(list(by_settings.values()), named))


def name(run: SavedRun) -> str:
    """Name of a run's model: its config, and the features and augmenter of its training data."""
    parts = [run.params.get("model", "?")]
    parts += [run.params[g] for g in ("feature", "augment") if run.params.get(g, "none") != "none"]
    return "-".join(parts)


def settings(run: SavedRun) -> tuple[tuple[str, str], ...]:
    """Every parameter that defines the model."""
    return tuple(sorted(_under(run.params, MODEL_KEYS).items()))


def provenance(
    models: Sequence[ComparedModel], command: str, overrides: Sequence[str]
) -> dict[str, Any]:
    """Facts that it takes to repeat a command over runs."""
    some = models[0].any
    file = Path(some.params.get("dataset.path", "")).name
    return {
        "version": __version__,
        "command": shlex.join(["lrec", command, *overrides]),
        "data": f"{some.data} ({file})" if file else some.data,
        "digest": some.digest,
        "seeds": list(models[0].runs),
        "runs": {m.name: {seed: run.id for seed, run in m.runs.items()} for m in models},
    }


def _differences(run: SavedRun, other: SavedRun) -> list[str]:
    """Reasons for which two runs have different queries; empty if they have the same."""
    if run.digest != other.digest:
        return [
            f"they have different data, {other.data} ({other.digest[:12]}) "
            f"and {run.data} ({run.digest[:12]})"
        ]
    one, two = _under(other.params, QUERY_KEYS), _under(run.params, QUERY_KEYS)
    keys = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
    return [f"{key} is {one.get(key)} and {two.get(key)}" for key in keys]


def _under(params: Mapping[str, str], groups: Sequence[str]) -> dict[str, str]:
    return {key: value for key, value in params.items() if key.partition(".")[0] in groups}


def _same_seeds(groups: list[dict[int, SavedRun]], named: bool) -> list[dict[int, SavedRun]]:
    """Each group's runs in the order of their seeds, which are the same for all."""
    common = set.intersection(*map(set, groups)) if groups else set()
    if not named and groups and not common:
        return _same_seeds(groups, named=True)  # refused there
    for group in groups:
        if named and set(group) != set(groups[0]):
            one, two = next(iter(groups[0].values())), next(iter(group.values()))
            raise ComparisonError(
                f"{name(one)} and {name(two)} have different seeds, "
                f"{sorted(groups[0])} and {sorted(group)}: train both with the same ones."
            )
    return [{seed: group[seed] for seed in sorted(common)} for group in groups]


def _with_names(groups: Sequence[dict[int, SavedRun]]) -> list[ComparedModel]:
    """Models with unique names: of the preset, or with a number, where several are of one kind."""
    firsts = [next(iter(group.values())) for group in groups]
    names = [name(run) for run in firsts]
    if len(set(names)) < len(names):
        names = [run.params.get("experiment", name(run)) for run in firsts]
    names = [
        f"{label} {names[: index + 1].count(label)}" if names.count(label) > 1 else label
        for index, label in enumerate(names)
    ]
    models = [ComparedModel(n, group) for n, group in zip(names, groups, strict=True)]
    return sorted(models, key=lambda model: (not model.is_baseline, model.name))
