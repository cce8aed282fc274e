"""Configs of training runs, composed by Hydra."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict

from lrec.base.errors import ConfigError
from lrec.cli.quoting import quoted
from lrec.commands.composing import (
    Choice,
    ComposedConfig,
    Interval,
    chosen_files,
    plain_values,
    prepare,
)
from lrec.commands.settings import RunSettings


class HydraComposer:
    """See `lrec.commands.composing.Composer`: of the command that runs now."""

    @property
    def overrides(self) -> list[str]:
        return list(HydraConfig.get().overrides.task)

    def compose(
        self, overrides: Sequence[str], without: Sequence[str], folder: Path
    ) -> tuple[RunSettings, ComposedConfig]:
        config, choices = _loaded(overrides, without)
        settings, composed = prepare(config, RunSettings, choices, overrides, folder)
        settings.check_monitor()
        return settings, composed

    def plain(
        self, overrides: Sequence[str], without: Sequence[str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        config, choices = _loaded(overrides, without)
        return plain_values(config), chosen_files(choices)

    def sweep(self, override: str) -> Choice | Interval | None:
        try:
            value = OverridesParser.create().parse_override(override).value()
        except (HydraException, ValueError) as error:
            first, *_ = str(error).splitlines()
            raise ConfigError(re.sub(r"^\w+ while evaluating '.*?': ", "", first)) from None
        if isinstance(value, ChoiceSweep):
            return Choice(list(value.list))
        if isinstance(value, IntervalSweep) and value.start is not None and value.end is not None:
            if unknown := value.tags - {"log"}:
                raise ConfigError(f"no such tag: {', '.join(sorted(unknown))}")
            return Interval(float(value.start), float(value.end), "log" in value.tags)
        return None


def _loaded(overrides: Sequence[str], without: Sequence[str]) -> tuple[DictConfig, dict[str, Any]]:
    """A config without these keys, and its choices of files in Hydra's words."""
    hydra, name = GlobalHydra.instance().hydra, HydraConfig.get().job.config_name
    assert hydra is not None
    config = hydra.config_loader.load_configuration(
        name, [quoted(override) for override in overrides], RunMode.RUN
    )
    choices = config.hydra.runtime.choices
    with open_dict(config):
        for key in ("hydra", *without):
            del config[key]
    return config, choices
