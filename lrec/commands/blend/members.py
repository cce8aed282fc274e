"""The members of a blend: saved runs by name, and the config of the run that blends them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from omegaconf import OmegaConf

from lrec.base.config.check import check
from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError
from lrec.commands.composing import ComposedConfig, Job, location_of
from lrec.commands.runs.model_identity import name
from lrec.commands.runs.saved import load_config
from lrec.commands.runs.selection import SelectionSettings, refuse_incomparable
from lrec.commands.settings import RunSettings
from lrec.evaluation.metric import RankingMetric, metric_of
from lrec.model.blend.blended import Blend
from lrec.reporting.terminal import Screen
from lrec.tracking import SavedRun, finished, resolve

Members = Mapping[str, SavedRun]


@dataclass(frozen=True)
class BlendSettings(SelectionSettings):
    """The root of `conf/blend.yaml`.

    Attributes:
        scale: see `Blend`.
        resamples: of the bootstrap.
        requests: users whose lists are made one at a time, to measure latency.
    """

    scale: Literal["probability", "rank"]
    resamples: int
    requests: int

    file: ClassVar[str] = "conf/blend.yaml"
    loads_models: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_monitor()
        if not isinstance(self.metric[metric_of(self.monitor.split("/")[1])], RankingMetric):
            raise ConfigError(
                "monitor must be a metric of lists, which the weights of a blend are fitted to. "
                f"Received: {self.monitor}"
            )
        if self.resamples < 100:
            raise ConfigError(f"resamples must be 100 or more. Received: {self.resamples}")
        if self.requests < 1:
            raise ConfigError(f"requests must be 1 or more. Received: {self.requests}")


def members_by_seed(
    settings: BlendSettings, ids: Sequence[str], screen: Screen
) -> dict[int, Members]:
    """The members of each blend: all runs that are named; of candidates, those of each seed.

    Args:
        ids: runs of the candidates; empty without candidates.

    Raises:
        ConfigError: none are named.
        ComparisonError: they are of other data or splits, or there are none.
        RuntimeError: there is no such run.
    """
    if settings.runs:
        found = dict.fromkeys(resolve(run) for run in settings.runs)
        runs = finished(settings.tracking.experiment, ids=list(found))
        refuse_incomparable(runs)
        return {max(run.seed for run in runs): dict(zip(unique_names(runs), runs, strict=True))}
    if not (ids or settings.filter or settings.sweep):
        raise ConfigError(
            "the members of a blend have to be named: lrec blend 'runs=[ease,itemknn]' takes saved "
            "runs, 'candidates=[ease,itemknn]' trains what is not there."
        )
    models = settings.compared_models(ids, screen, least=1)
    return {
        seed: {plain_name(model.name): model.runs[seed] for model in models}
        for seed in models[0].runs
    }


def unique_names(runs: Sequence[SavedRun]) -> list[str]:
    """A name for each run: its model's, with a number where there are several."""
    names = [plain_name(name(run)) for run in runs]
    several, seen = Counter(names), Counter[str]()
    numbered = []
    for one in names:
        seen[one] += 1
        numbered.append(f"{one}_{seen[one]}" if several[one] > 1 else one)
    return numbered


def plain_name(text: str) -> str:
    """A name of letters, digits, dashes and underscores, as keys and files can have.

    >>> plain_name("vae 2")
    'vae_2'
    """
    return re.sub(r"[^\w-]+", "_", text)


def blend_job(
    settings: BlendSettings, config: ComposedConfig, members: Members, seed: int, several: bool
) -> Job:
    """The run that blends: with the members' data and split, and what the command line names.

    Args:
        config: of the command.
        several: True if there are blends of other seeds beside it.

    Raises:
        ConfigError: a config does not fit this version of lrec.
        RuntimeError: a run has no config.
    """
    stored = {name: _plain(load_config(run.id)) for name, run in members.items()}
    some = next(iter(stored.values()))
    trained = [name for name, run in members.items() if run.tags.get("lrec.simple") != "True"]
    node = {
        "_target_": f"{Blend.__module__}.{Blend.__qualname__}",
        "members": {name: own["model"] for name, own in stored.items()},
        "scale": settings.scale,
        "k": length_of_lists(settings.monitor),
    }
    location = {key.partition(".")[2]: value for key, value in location_of(config).items()}
    values = {
        **{field.name: config.values[field.name] for field in fields(RunSettings)},
        "dataset": some["dataset"] | location,
        "split": some["split"],
        "catalogue": some["catalogue"],
        "feature": {"none": _plain(OmegaConf.load(CONF / "feature" / "none.yaml"))},
        "augment": _plain(OmegaConf.load(CONF / "augment" / "none.yaml")),
        "schedule": stored[trained[0]]["schedule"] if trained else some["schedule"],
        "model": node,
        "seed": seed,
    }
    run_settings = check(OmegaConf.create(values), RunSettings)
    choices = {group: getattr(run_settings, group).name for group in ("dataset", "split", "model")}
    choices |= {f"member.{name}": run.id for name, run in members.items()}
    folder = config.folder / f"seed{seed}" if several else config.folder
    folder.mkdir(parents=True, exist_ok=True)
    return run_settings, ComposedConfig(values, config.overrides, choices, folder, purpose="blend")


def length_of_lists(monitor: str) -> int:
    """The k of a monitored metric of lists.

    >>> length_of_lists("val/recall_at_20/tail")
    20
    """
    return int(monitor.split("/")[1].rpartition("_at_")[2])


def _plain(config: Any) -> dict[str, Any]:
    values = OmegaConf.to_container(config)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}
