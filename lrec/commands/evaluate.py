"""`lrec evaluate`: score a saved run again without training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from lrec.commands.job import job, key_of
from lrec.config import CONF, Parts, Record, groups
from lrec.errors import ConfigError
from lrec.saved import config_of

# What was decided when the run was trained, and cannot be decided again.
FIXED = ("model", "schedule", "seed", "monitor")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="evaluate")
def main(config: DictConfig) -> None:
    run_id = None if OmegaConf.is_missing(config, "run") else config.run

    def merged() -> DictConfig:
        if not run_id:
            raise ConfigError("run is needed: lrec evaluate run=RUN_ID, the id of a finished run.")
        overrides = HydraConfig.get().overrides.task
        free = [g for g in (*groups(), "k") if g not in (*FIXED, "experiment")]
        refuse_fixed(overrides, "evaluate", lambda key: key in FIXED, free)
        return merge(config_of(str(run_id)), config, overrides)

    def again(parts: Parts, record: Record) -> None:
        from lrec.rescoring import evaluate  # after the check, which has to be quick

        evaluate(parts, record, str(run_id))

    job(merged, again)


def of_run(config: DictConfig, command: str, own: Sequence[str], free: Sequence[str]) -> DictConfig:
    """A saved run's config with a command's own keys, for a command that asks about that run.

    Args:
        own: the keys that the run's config does not have; `run` is among them.
        free: config groups that may differ from the run's.

    Raises:
        ConfigError: no run is named, or something else than these is set.
    """
    if OmegaConf.is_missing(config, "run"):
        raise ConfigError(f"run is needed: lrec {command} run=RUN_ID, the id of a finished run.")
    overrides = HydraConfig.get().overrides.task
    named = (*free, *(key for key in own if key != "run"))
    refuse_fixed(overrides, command, lambda key: key not in (*own, *free), named)
    whole = merge(config_of(str(config.run)), config, overrides)
    whole.update({key: config[key] for key in own} | {"run": str(config.run)})
    return whole


def refuse_fixed(
    overrides: Sequence[str], command: str, fixed: Callable[[str], bool], free: Sequence[str]
) -> None:
    """Refuse to change what training decided.

    Args:
        fixed: whether a root key was decided then.
        free: what the command can change, to be named.

    Raises:
        ConfigError: naming what can be changed.
    """
    for override in overrides:
        key = key_of(override)
        if fixed(key.partition(".")[0]):
            raise ConfigError(
                f"{key} was decided when the run was trained; {command} can change "
                f"{', '.join(free)}. Received: {override.removeprefix('++')}"
            )


def merge(trained: DictConfig, config: DictConfig, overrides: list[str]) -> DictConfig:
    """The run's own config, with what the command line names taken from the composed one."""
    merged = OmegaConf.create(OmegaConf.to_container(trained))
    assert isinstance(merged, DictConfig)
    keys = [key_of(override) for override in overrides]
    for key in sorted(keys, key=lambda key: "." in key):  # whole groups first
        if key != "run":
            OmegaConf.update(merged, key, OmegaConf.select(config, key), merge=False)
    return merged
