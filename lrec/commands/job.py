"""What every command does with the config that Hydra composed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lrec.config import Parts, Record, check, groups
from lrec.errors import Failed, one_line

T = TypeVar("T")


def job(
    config: DictConfig | Callable[[], DictConfig],
    act: Callable[[Parts, Record], T],
    trains: bool = False,
) -> T:
    """Check a config and act on it.

    In a sweep a failed job says so at once, because Hydra reports only the first failure, and only
    when all jobs are done.

    Args:
        config: composed by Hydra, or a function that makes one of it.
        trains: whether the command needs the monitored metric.

    Raises:
        Failed: outside a sweep; the cause is what went wrong.
    """
    hydra = HydraConfig.get()
    try:
        config = config() if callable(config) else config
        known = groups()
        choices = {g: str(c) for g, c in hydra.runtime.choices.items() if g in known and c}
        parts = check(config, choices, trains)
        values = OmegaConf.to_container(config, resolve=True)
        assert isinstance(values, dict)
        record = Record(
            config={str(key): value for key, value in values.items()},
            overrides=[override.removeprefix("++") for override in hydra.overrides.task],
            choices=choices,
            folder=Path(hydra.runtime.output_dir),
        )
        return act(parts, record)
    except Exception as error:
        if hydra.mode != RunMode.MULTIRUN:
            raise Failed from error
        overrides = " ".join(hydra.overrides.task).replace("++", "")
        print(f"job {hydra.job.num} ({overrides}) failed: {one_line(error)}", file=sys.stderr)
        raise


def compose_once() -> None:
    """Spare Hydra a whole composition that only asks for `hydra.mode`: flags say it here."""
    from hydra._internal.hydra import Hydra

    setattr(Hydra, "get_mode", lambda self, config_name, overrides: None)  # noqa: B010
