"""Selection of saved runs: models by name, each with the same replicates on the same data."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from omegaconf import DictConfig, OmegaConf

from lrec import __version__
from lrec.base.config.check import target_class
from lrec.base.config.plugins import refuse_unnamed
from lrec.base.errors import ConfigError
from lrec.commands.composing import LOCATION, key_of
from lrec.commands.runs.model_identity import differences, name, settings, split_settings
from lrec.commands.runs.replicates import Key
from lrec.commands.runs.same_replicates import part_of, part_words, same_replicates
from lrec.commands.runs.saved import load_config
from lrec.commands.runs.unnamed import left_out_words, newest_comparable
from lrec.commands.settings import RunSettings
from lrec.data.queries import Split
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.model import Model
from lrec.reporting.terminal import Screen
from lrec.tracking import LISTS, SavedRun, finished, of_sweep, resolve


@dataclass(frozen=True)
class SelectionSettings(RunSettings):
    """Keys of a command over saved runs, beside those of a run; see `conf/compare.yaml`.

    Attributes:
        runs: ids, or other names of runs, see `lrec.tracking.resolve`.
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

    held_out: ClassVar[bool] = False  # the command needs whole users held out
    loads_models: ClassVar[bool] = False  # the command needs saved models, and takes no lists
    apart: ClassVar[tuple[str, ...]] = ()  # parameters of the split that its runs may differ in

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [n for n in ("runs", "filter", "sweep", "candidates") if getattr(self, n)]
        if len(given) > 1:
            raise ConfigError(f"only one of them can choose the runs. Received: {given}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ConfigError(
                f"seeds must be different numbers, none negative. Received: {self.seeds}"
            )

    @classmethod
    def stored(cls, config: DictConfig, overrides: Sequence[str]) -> DictConfig:
        """The config with the data of the runs that are named, where it is said to have moved."""
        keys = [key_of(override) for override in overrides]
        moved = [key for key in keys if key in LOCATION]
        if moved and config.runs and "dataset" not in keys:
            values = {key: OmegaConf.select(config, key) for key in moved}
            config.dataset = load_config(resolve(str(config.runs[0]))).dataset
            for key, value in values.items():
                OmegaConf.update(config, key, value, force_add=True)
        return config

    def check_users(self, split: Callable[[], Split]) -> None:
        """Refuse data that the command can say nothing about; before any model is trained.

        Args:
            split: gives the split, with users held out whole.

        Raises:
            DataError: naming what is missing.
        """

    def compared_models(
        self, ids: Sequence[str], screen: Screen, least: int = 2
    ) -> list[ComparedModel]:
        """The models that the config selects among finished runs.

        Args:
            ids: runs of the candidates; empty without candidates.
            screen: notes which runs were taken and which were not, unless candidates name them.
            least: fewest models.

        Raises:
            ComparisonError: see `select`.
            RuntimeError: there is no such run.
        """
        condition = self.filter or self.sweep
        named = ids or [self._resolved(run) for run in self.runs]
        if self.sweep:
            runs = of_sweep(self.tracking.experiment, resolve(self.sweep, "sweep"))
        else:
            runs = finished(self.tracking.experiment, self.filter or "", named)
        if named:
            return select(runs, True, least, lists=not self.loads_models, apart=self.apart)
        runs = [run for run in runs if run.trained or (run.has_lists and not self.loads_models)]
        left_out = ""
        if not condition:
            runs, reasons = newest_comparable(runs, self.held_out, self.apart)
            left_out = left_out_words(reasons)
        models = select(runs, bool(condition), least, left_out, not self.loads_models, self.apart)
        if not condition and (rest := len(runs) - len(_run_ids(models))):
            older = f"left out: {rest} older or of replicates that not all models have"
            left_out = "; ".join(filter(None, [left_out, older]))
        screen.note("\n".join(filter(None, [taken_words(models), left_out])))
        return models

    def _resolved(self, run: str) -> str:
        """The id of the run that a name stands for, also of lists where the command takes them."""
        try:
            return resolve(run)
        except RuntimeError as error:
            if self.loads_models:
                raise
            try:
                return resolve(run, LISTS)
            except RuntimeError:
                raise error from None


@dataclass(frozen=True)
class ComparedModel:
    """A model with its settings, trained with one or more seeds, on one or more parts of the data.

    Attributes:
        name: unique among the compared models.
        runs: by seed, in rising order; the same run for every seed where the model has none. Of
            several parts, those of the first.
        parts: the runs of each of several parts, such as windows of time; empty for one.
    """

    name: str
    runs: Mapping[int, SavedRun]
    parts: Mapping[str, Mapping[int, SavedRun]] = field(default_factory=dict)

    @property
    def is_baseline(self) -> bool:
        """True for a simple model, which is not trained by gradient."""
        return self.any.tags.get("lrec.simple") == "True"

    @property
    def uses_tensorflow(self) -> bool:
        """True if its scores come of a graph, or those of a blend's member."""
        params, place = self.any.params, f"run {self.any.id}"
        members = [key for key in params if re.fullmatch(r"model\.members\..*\._target_", key)]
        keys = ["model._target_", *members]
        refuse_unnamed((str(params.get(key)) for key in keys), place)
        return any(target_class(params.get(k), k, place, Model).has_graph() for k in keys)

    @property
    def distinct(self) -> dict[int, SavedRun]:
        """Its runs by the seed that they were trained with, each once."""
        return {run.seed: run for run in self.runs.values()}

    @property
    def by_part(self) -> Mapping[str, Mapping[int, SavedRun]]:
        """Its runs by part and seed; the name of a single part is empty."""
        return self.parts or {"": self.runs}

    @property
    def trained(self) -> list[tuple[str, SavedRun]]:
        """Its runs, each once, and the part of the data that each is of."""
        return [
            (part, run)
            for part, runs in self.by_part.items()
            for run in {run.id: run for run in runs.values()}.values()
        ]

    @property
    def any(self) -> SavedRun:
        """One of its runs."""
        return next(iter(self.runs.values()))

    @property
    def latest(self) -> SavedRun:
        """One of its runs on the last part of the data: of windows of time, the newest."""
        *_, runs = self.by_part.values()
        return next(iter(runs.values()))


def select(
    runs: Iterable[SavedRun],
    named: bool,
    least: int = 2,
    left_out: str = "",
    lists: bool = False,
    apart: Collection[str] = (),
) -> list[ComparedModel]:
    """Group runs by model and settings; the baselines first, then by name.

    Args:
        runs: newest first.
        named: True if the user has named these very runs. Then all of them count; if not, seeds
            that not all models have are left out.
        least: fewest models.
        left_out: words on runs that were left out, for an error.
        lists: also runs of lists, which have no model.
        apart: parameters of the split by which runs are of several parts of the data.

    Raises:
        ComparisonError: the runs cannot be compared, or are of fewer models.
    """
    runs = list(runs)
    refuse_incomparable(runs, lists, apart)
    if len({settings(run) for run in runs}) < least:
        names = ", ".join(sorted({name(run) for run in runs})) or "none"
        raise ComparisonError(
            f"{least} models are needed, on the same data and split; found: {names}. Train more: "
            "lrec train model=itemknn, or name candidates=[popularity,itemknn,…]."
            + (f" {left_out[0].upper()}{left_out[1:]}." if left_out else "")
        )
    by_settings: dict[Key, dict[Key, dict[int, SavedRun]]] = defaultdict(dict)
    for run in runs:
        of_model = by_settings[settings(run)]
        of_model.setdefault(part_of(run), {}).setdefault(run.seed, run)
    return _with_names(same_replicates(list(by_settings.values()), named))


def refuse_incomparable(
    runs: Sequence[SavedRun], lists: bool = False, apart: Collection[str] = ()
) -> None:
    """Refuse runs that are no models, or not on the same data and split.

    Args:
        lists: True to take runs of lists too.
        apart: parameters of the split that may differ.

    Raises:
        ComparisonError: naming the run, or the two of them and what differs.
    """
    for run in runs:
        if run.has_lists and not lists:
            raise ComparisonError(
                f"run {run.id} ({name(run)}) has lists and no model: lrec compare takes it, and "
                "nothing that asks a model."
            )
        if not (run.trained or run.has_lists):
            raise ComparisonError(
                f"run {run.id} is of lrec {run.tags.get('lrec.command', '?')}: name runs of lrec "
                "train, which are models."
            )
    for run in runs[1:]:
        if reasons := differences(run, runs[0], apart):
            raise ComparisonError(
                f"runs {runs[0].id} ({name(runs[0])}) and {run.id} ({name(run)}) are not "
                f"comparable: {'; '.join(reasons)}."
            )


def taken_words(models: Sequence[ComparedModel]) -> str:
    """A sentence on the runs that were taken: models, seeds, data and split."""
    some, seeds = models[0].any, ", ".join(map(str, models[0].runs))
    parts = "".join(f", {part}" for part in models[0].parts)
    return (
        f"taken: {', '.join(model.name for model in models)} (seeds {seeds}{parts}) on {some.data} "
        f"({some.digest[:12]}) with split={some.params.get('split')}"
    )


def compared_params(models: Sequence[ComparedModel]) -> dict[str, Any]:
    """Parameters of a run that compares models, in MLflow: models, seeds, data and split."""
    some = models[0].any
    parts = {"parts": ", ".join(models[0].parts)} if models[0].parts else {}
    return {
        "models": ", ".join(model.name for model in models),
        "seeds": ", ".join(map(str, models[0].runs)),
        **parts,
        "dataset": some.data,
        "dataset.digest": some.digest,
        **shared_split(models),
    }


def shared_split(models: Sequence[ComparedModel]) -> dict[str, str]:
    """The split of all runs, with those of its settings that all have."""
    pairs = [set(split_settings(run).items()) for _, run in models[0].trained]
    return dict(sorted(set.intersection(*pairs)))


def _run_ids(models: Sequence[ComparedModel]) -> set[str]:
    return {run.id for model in models for _, run in model.trained}


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
        "runs": {m.name: {seed: run.id for seed, run in m.distinct.items()} for m in models},
        "addresses": {run.id: run.address for m in models for _, run in m.trained},
    }


def _with_names(groups: Sequence[Mapping[Key, Mapping[int, SavedRun]]]) -> list[ComparedModel]:
    """Models with unique names: of the preset, or with a number, where several are of one kind."""
    of_first = [next(iter(group.values())) for group in groups]
    firsts = [next(iter(runs.values())) for runs in of_first]
    names = [name(run) for run in firsts]
    if len(set(names)) < len(names):
        names = [run.params.get("experiment", name(run)) for run in firsts]
    names = [
        f"{label} {names[: index + 1].count(label)}" if names.count(label) > 1 else label
        for index, label in enumerate(names)
    ]
    words = part_words(groups[0]) if groups and len(groups[0]) > 1 else {}
    models = [
        ComparedModel(label, runs, {words[part]: group[part] for part in words})
        for label, runs, group in zip(names, of_first, groups, strict=True)
    ]
    return sorted(models, key=lambda model: (not model.is_baseline, model.name))
