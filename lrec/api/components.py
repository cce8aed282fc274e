"""Components of plugins, and checked configs to try them in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrec.base.config import plugins
from lrec.base.config.check import component_groups
from lrec.base.config.conf import CONF, search_folders
from lrec.cli.composer import HydraComposer
from lrec.cli.from_python import composed
from lrec.commands.settings import RunSettings
from lrec.commands.tune.search_space import SearchSpace


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


class Configs:
    """Checked configs on one file of data, the last interaction of each user held out.

    Args:
        data: the file.
        small: overrides of all of them.

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
        with composed("data", self._words([f"model={model}"])) as call:
            inside = space.inside(call.invocation.config.values)
        return sorted(space.keys.keys() - inside.keys())

    def _words(self, overrides: Sequence[str]) -> list[str]:
        """Overrides of which a later choice of data takes the place of the small file."""
        other = any(word.startswith("dataset=") for word in overrides)
        kept = [w for w in self._overrides if not (other and w.startswith("dataset"))]
        split = any(word.startswith("split=") for word in overrides)
        return [*(w for w in kept if not (split and w.startswith("split="))), *overrides]
