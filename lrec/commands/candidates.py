"""Candidates of a comparison: found among finished runs, or trained as `lrec train` would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict

from lrec.commands.job import key_of, prepare
from lrec.config import Parts, Record, options
from lrec.errors import ConfigError, nearest
from lrec.selection import Chosen


def obtain(chosen: Chosen, record: Record) -> list[str]:
    """Ids of runs of every candidate with every seed; those that are missing are trained.

    All are composed and checked before the first is trained.

    Raises:
        ConfigError: a candidate's config does not fit, or there are none, and the command line
            sets what only a training run has.
    """
    own = own_keys(chosen)
    shared = training_overrides(chosen)
    if not chosen.candidates:
        refuse_idle(shared)
        return []
    jobs = [
        compose(
            [*shared, *words(candidate), f"seed={seed}"], own, record.folder / f"{place}-{seed}"
        )
        for place, candidate in enumerate(chosen.candidates)
        for seed in chosen.seeds
    ]
    from lrec.campaign import find_or_train  # after the check, which has to be quick

    return [str(run_id) for run_id in find_or_train(jobs, chosen.fresh)]


def own_keys(settings: Parts) -> set[str]:
    """Keys of a command's config that no training run has."""
    return {field.name for field in fields(settings)} - {field.name for field in fields(Parts)}


def training_overrides(settings: Parts) -> list[str]:
    """What the command line says of the training runs."""
    own = own_keys(settings)
    said = HydraConfig.get().overrides.task
    return [override for override in said if key_of(override) not in own]


def words(candidate: str) -> list[str]:
    """Overrides that a candidate stands for: of a model, of a preset, or as they are.

    Raises:
        ConfigError: it is none of these.
    """
    if "=" in candidate:
        return candidate.split()
    if candidate in options("model"):
        return [f"model={candidate}"]
    if candidate in options("experiment"):
        return [f"+experiment={candidate}"]
    known = [*options("model"), *options("experiment")]
    raise ConfigError(
        f"candidates: no such model or preset{nearest(candidate, known)}. "
        f"Models: {', '.join(options('model'))}. Presets: {', '.join(options('experiment'))}. "
        f"Received: {candidate!r}"
    )


def with_unknown_users(config: DictConfig) -> DictConfig:
    """The config, if its split holds users out whole.

    Raises:
        ConfigError: it does not.
    """
    split = HydraConfig.get().runtime.choices["split"]
    if split != "user_holdout":
        raise ConfigError(
            "people are to be unknown to all models, so this command needs "
            f"split=user_holdout. Received: split={split} [conf/split/]"
        )
    return config


def compose(overrides: Sequence[str], own: Iterable[str], folder: Path) -> tuple[Parts, Record]:
    """A training run's config: the command's, without the keys that are its own."""
    hydra, name = GlobalHydra.instance().hydra, HydraConfig.get().job.config_name
    assert hydra is not None
    config = hydra.config_loader.load_configuration(name, list(overrides), RunMode.RUN)
    choices = config.hydra.runtime.choices
    with open_dict(config):
        for key in ("hydra", *own):
            del config[key]
    return prepare(config, choices, overrides, folder, True, Parts)


def refuse_idle(overrides: Sequence[str]) -> None:
    """Refuse settings of training where nothing is trained.

    Raises:
        ConfigError: naming the setting.
    """
    for override in overrides:
        key = key_of(override)
        if key.partition(".")[0] not in ("tracking", "metric", "hydra", "strategy"):
            raise ConfigError(
                f"{key} is decided when a run is trained; only candidates=[…] are trained here. "
                f"Received: {override.removeprefix('++')}"
            )
