"""Keys inside groups that a config does not have: left to lrec's check, which names the nearest.

Hydra would refuse them in words of its own, unless they begin with `++`, which it then shows in
`override_dirname`, in its files and in the names of a sweep's jobs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, open_dict

NESTED_KEY = re.compile(r"(?!hydra\.)\w+(\.[\w-]+)+")


def open_nested_keys() -> None:
    """Let Hydra set keys inside groups that are not there; also in processes of its launchers."""
    apply = ConfigLoaderImpl._apply_overrides_to_config
    if apply.__module__ == __name__:
        return

    def apply_open(overrides: Sequence[Override], cfg: DictConfig) -> None:
        for override in overrides:
            plain = not (override.is_add() or override.is_delete() or override.is_force_add())
            if plain and NESTED_KEY.fullmatch(override.key_or_group):
                with open_dict(cfg):
                    apply([override], cfg)
            else:
                apply([override], cfg)

    ConfigLoaderImpl._apply_overrides_to_config = staticmethod(apply_open)  # type: ignore[method-assign]
