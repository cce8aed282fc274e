"""Components of plugins, and checked configs to try them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from lrec.base.config import plugins
from lrec.base.config.check import component_groups
from lrec.base.config.conf import CONF, file_of, options, search_folders
from lrec.cli.composer import HydraComposer
from lrec.cli.from_python import composed
from lrec.commands.composing import key_of
from lrec.commands.settings import RunSettings
from lrec.commands.tune.candidate import candidates
from lrec.commands.tune.search_space import SearchSpace, overrides_of


def component_files(package: str | None, conf: str | None = None) -> list[Path]:
    """The YAML files that a plugin adds to the config groups; none without a plugin.

    Args:
        package: the plugin's.
        conf: its folder of YAML files, where it lies neither in the package nor beside it.

    Raises:
        ConfigError: there is no such package.
    """
    if package is None:
        return []
    plugins.activate([package], conf)
    groups = [group for kinds in component_groups(RunSettings) for group in kinds]
    folders = [folder for folder in search_folders() if folder != CONF]
    return [
        path for f in folders for group in groups for path in sorted((f / group).glob("*.yaml"))
    ]


def spaces_without_model() -> list[Path]:
    """Search spaces of the plugins of this process that belong to no model, by their names."""
    models = options("model")
    return [
        path
        for folder in search_folders()
        for path in sorted((folder / "search").glob("*.yaml"))
        if path.stem not in models
    ]


def drawn_settings(space: SearchSpace, config: Mapping[str, Any], n: int) -> list[list[str]]:
    """Settings of a search space that differ from a config's own, as overrides.

    Args:
        config: nested, as it was composed.
        n: how many, at most.
    """
    own, generator = space.inside(config), np.random.default_rng(0)
    others = {
        key: [value for value in values if value != own.get(key)] or values
        for key, values in space.grid().items()
    }
    points = [
        {key: values[generator.integers(len(values))] for key, values in others.items()}
        for _ in range(n)
    ]
    drawn = dict.fromkeys(tuple(overrides_of(point)) for point in points if point)
    return [list(overrides) for overrides in drawn]


class Configs:
    """Checked configs on one file of data, the last interaction of each user held out.

    Args:
        data: the file.
        small: overrides of all of them; those of keys of a model, of each that has the key.

    Attributes:
        several: config groups of which a config has several choices.
    """

    def __init__(self, data: Path, small: Sequence[str] = ()) -> None:
        _, several = component_groups(RunSettings)
        self.several = tuple(several)
        here = [
            "dataset=csv",
            f"dataset.path={data}",
            f"dataset.items_path={data.parent}/items.csv",
        ]
        here += [f"dataset.cache={data.parent}", "split=leave_one_out"]
        self._overrides = [*here, *small]

    def settings(self, overrides: Sequence[str]) -> RunSettings:
        """Checked settings, anew in each call.

        Raises:
            ConfigError: they do not fit.
        """
        with composed("data", self._words(overrides)) as call:
            settings: RunSettings = call.settings
            return settings

    def node(self, overrides: Sequence[str], group: str) -> dict[str, Any]:
        """The `_target_` and the arguments of a config's choice."""
        with composed("data", self._words(overrides)) as call:
            node: dict[str, Any] = call.invocation.config.values[group]
            return node

    def outside_search_space(self, model: str) -> list[str]:
        """Keys of a model's search space whose default values it does not hold."""
        space = SearchSpace.of_model(model, HydraComposer())
        with composed("data", [f"model={model}"]) as call:  # and not made small
            inside = space.inside(call.invocation.config.values)
        return sorted(space.keys.keys() - inside.keys())

    def check_tuning(self, model: str) -> None:
        """Look at a model's search space as `lrec tune` does.

        Raises:
            ConfigError: it does not fit the model.
        """
        with composed("tune", self._words([f"candidates=[{model}]"])) as call:
            candidates(call.settings, call.invocation)

    def drawn(self, model: str, n: int) -> list[list[str]]:
        """Settings of a model's search space, see `drawn_settings`; small ones stay as they are."""
        space, chosen = SearchSpace.of_model(model, HydraComposer()), [f"model={model}"]
        small = {key_of(word) for word in self._overrides}
        space = space.only([key for key in space.keys if key not in small])
        with composed("data", self._words(chosen)) as call:
            drawn = drawn_settings(space, call.invocation.config.values, n)
        return [[*chosen, *overrides] for overrides in drawn]

    def _words(self, overrides: Sequence[str]) -> list[str]:
        """Overrides of which a later choice of data takes the place of the small file."""
        other = any(word.startswith("dataset=") for word in overrides)
        kept = [w for w in self._overrides if not (other and w.startswith("dataset"))]
        keys = {f"model.{k}" for w in overrides if w.startswith("model=") for k in _keys(w[6:])}
        kept = [w for w in kept if not w.startswith("model.") or key_of(w) in keys]
        split = any(word.startswith("split=") for word in overrides)
        return [*(w for w in kept if not (split and w.startswith("split="))), *overrides]


def _keys(model: str) -> list[str]:
    """The keys of a model's own file."""
    file = file_of("model", model)
    return [] if file is None else [str(key) for key in OmegaConf.load(file)]
