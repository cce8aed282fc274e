"""Keys inside groups that a config does not have: left to lrec's check, which names the nearest.

Hydra would refuse them in words of its own, unless they begin with `++`, which it then shows in
`override_dirname`, in its files and in the names of a sweep's jobs.
"""

from __future__ import annotations

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig

GROUPS = (
    *("dataset", "split", "feature", "augment", "strategy"),
    *("schedule", "model", "metric", "bucket", "tracking"),  # in the order of config.yaml
)


def open_groups() -> None:
    """Store the first of config.yaml's defaults: groups that take any key.

    Hydra closes a config with a flag at its root, below which a node's own flag counts. Its
    launchers hand the store to their processes.
    """
    groups = {name: DictConfig({}, flags={"struct": False}) for name in GROUPS}
    ConfigStore.instance().store("open_groups", DictConfig(groups), provider="lrec")
