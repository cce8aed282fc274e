"""What every command does with the config that Hydra composed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lrec.config import Parts, check, groups
from lrec.errors import one_line
from lrec.experiment import Record

T = TypeVar("T")


def job(config: DictConfig, act: Callable[[Parts, Record], T]) -> T:
    """Check a config and act on it.

    In a sweep a failed job says so at once, because Hydra reports only the first failure, and only
    when all jobs are done.
    """
    hydra = HydraConfig.get()
    known = groups()
    choices = {g: str(c) for g, c in hydra.runtime.choices.items() if g in known and c}
    try:
        parts = check(config, choices)
        values = OmegaConf.to_container(config, resolve=True)
        assert isinstance(values, dict)
        record = Record(
            config={str(key): value for key, value in values.items()},
            overrides=list(hydra.overrides.task),
            choices=choices,
            folder=Path(hydra.runtime.output_dir),
        )
        return act(parts, record)
    except Exception as error:
        if hydra.mode == RunMode.MULTIRUN:
            overrides = " ".join(hydra.overrides.task)
            print(f"job {hydra.job.num} ({overrides}) failed: {one_line(error)}", file=sys.stderr)
        raise
