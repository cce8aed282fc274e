"""The training runs of an update: from the saved model and, to compare with, from scratch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from lrec.base.config.check import check
from lrec.commands.composing import ComposedConfig
from lrec.commands.settings import RunSettings
from lrec.commands.update.settings import UpdateSettings
from lrec.data.feature import TableFeature
from lrec.model import Model, Pretrained
from lrec.tracking import tags_of

BEFORE, UPDATED, SCRATCH = "before", "updated", "from scratch"
SHARE = 0.1  # of the epochs that the run was trained for


@dataclass(frozen=True)
class ChildRun:
    """A training run of an update: its settings and config, and the model that it goes on from."""

    config: tuple[RunSettings, ComposedConfig]
    pretrained: Pretrained | None


def child_runs(
    settings: UpdateSettings, config: ComposedConfig, dataset: dict[str, Any], model: Model
) -> dict[str, ChildRun]:
    """The runs to train: from scratch, if that is to be compared with, and updated.

    The updated one comes last, so that it is the latest run.
    """
    pretrained = Pretrained(settings.run, model.state(), model.catalogue, settings.shrink)
    trained = int(tags_of(settings.run).get("lrec.epochs", settings.schedule.epochs))
    schedule = shorter(settings, config.values["schedule"], trained)
    changes: dict[str, dict[str, Any]] = {SCRATCH: {"dataset": dataset}} if settings.retrain else {}
    changes[UPDATED] = {"dataset": dataset, "schedule": schedule}
    return {
        name: ChildRun(
            child_config(settings, config, nodes, config.folder / name.replace(" ", "_")),
            pretrained if name == UPDATED else None,
        )
        for name, nodes in changes.items()
    }


def features_of(settings: UpdateSettings, config: ComposedConfig) -> dict[str, Any]:
    """The run's features, with the table of items that they read: the joined one lacks columns."""
    nodes = dict(config.values["feature"])
    for name, feature in settings.feature.items():
        if isinstance(feature, TableFeature) and feature.path is None and feature.data_path:
            nodes[name] = {**nodes[name], "path": str(Path(feature.data_path).absolute())}
    return nodes


def shorter(settings: UpdateSettings, own: Mapping[str, Any], trained: int) -> dict[str, Any]:
    """The schedule of an update.

    Args:
        own: the run's.
        trained: epochs that the run took.
    """
    fine_tuning = settings.model.fine_tuning
    epochs = max(fine_tuning.epochs, math.ceil(SHARE * trained))
    batch_size = max(1, round(fine_tuning.batches * own["batch_size"]))
    return {
        **own,
        "epochs": settings.epochs or epochs,
        "batch_size": settings.batch_size or batch_size,
        "learning_rate": settings.learning_rate or fine_tuning.rate * own["learning_rate"],
        "decay": "cosine",
        "warmup_epochs": 0,
    }


def child_config(
    settings: UpdateSettings, config: ComposedConfig, changes: Mapping[str, Any], folder: Path
) -> tuple[RunSettings, ComposedConfig]:
    """A training run with the saved run's config and these nodes instead of its own."""
    own = [name for name in config.values if name in RunSettings.__dataclass_fields__]
    values = {name: config.values[name] for name in own}
    values |= {"feature": features_of(settings, config), **changes}
    child = check(OmegaConf.create(values), RunSettings)
    folder.mkdir(parents=True, exist_ok=True)
    groups = ("dataset", "split", "model", "augment")
    choices = {group: getattr(child, group).name for group in groups}
    return child, ComposedConfig(values, config.overrides, choices, folder, purpose="update")
