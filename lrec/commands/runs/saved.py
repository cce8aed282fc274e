"""What a finished run was made of: its config, its data, its model; and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from omegaconf import DictConfig, OmegaConf

from lrec import tracking
from lrec.base.config.check import check
from lrec.base.errors import DataError
from lrec.commands.settings import RunSettings
from lrec.data.alignment import align
from lrec.data.catalogue import Catalogue
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common import saving
from lrec.tracking import entries_of, fetch, obstacle

ORACLE = "oracle"


def load_config(run_id: str) -> DictConfig:
    """The config that a run was trained with.

    Raises:
        RuntimeError: there is no such run, or it has none.
    """
    with TemporaryDirectory() as folder:
        return stored_config(fetch(run_id, "config.yaml", Path(folder)).read_text(), run_id)


def stored_config(text: str, run: str) -> DictConfig:
    """A config as it was kept.

    Raises:
        RuntimeError: it is none that lrec has kept.
    """
    if "${" in text:  # lrec stores configs resolved; one of a stranger could read the environment
        raise RuntimeError(f"the config of run {run} holds an interpolation: lrec stores none.")
    config = OmegaConf.create(text)
    assert isinstance(config, DictConfig)
    return config


def folder_of(run: str) -> Path:
    """The folder of a run that can go on.

    Args:
        run: MLflow's id of it, or the folder itself.

    Raises:
        RuntimeError: there is no such run, it has ended well, is an update, or is not here.
    """
    folder = Path(run) if Path(run).is_dir() else tracking.folder_of(run)
    entries = entries_of(folder)
    if entries and obstacle(entries):
        raise RuntimeError(f"run {run} cannot be resumed: {obstacle(entries)}.")
    if not entries or not (folder / "config.yaml").exists():
        raise RuntimeError(
            f"nothing is left of run {run} to go on with: its folder is on another machine, was "
            f"removed, or the run ended before it began to train. Received: {folder}"
        )
    return folder


def settings_of(run_id: str) -> RunSettings:
    """The components that a run was made of, none of them trained.

    Raises:
        RuntimeError: there is no such run, or it has no config.
        ConfigError: its config does not fit this version of lrec.
    """
    return check(load_config(run_id), RunSettings)


def load_model(run_id: str) -> Model:
    """The trained model of a run.

    Raises:
        RuntimeError: there is no such run, or it has no whole model.
    """
    with TemporaryDirectory() as folder:
        return saving.load(fetch(run_id, "model", Path(folder)) / "data" / "model")


def load_model_for(run_id: str, catalogue: Catalogue) -> Model:
    """The trained model of a run, to be asked about the items of a catalogue.

    Raises:
        DataError: it was trained on another one.
        RuntimeError: there is no such run, or it has no whole model.
    """
    model = load_model(run_id)
    if not np.array_equal(model.catalogue.ids, catalogue.ids):
        raise DataError(
            f"run {run_id} ({model.name}) was trained on another catalogue: the data has changed "
            "since. Give the run its data back, or train it again."
        )
    return model


def refuse_changed(data: Interactions, run_id: str) -> Interactions:
    """Make sure that data is what a run was trained on, by the digest that the run logged.

    The same items are not enough: one row more, and a split may draw other users' targets, which
    the run was trained on.

    Returns:
        The data.

    Raises:
        DataError: its content is another one.
        RuntimeError: there is no such run.
    """
    (run,) = tracking.finished("", ids=[run_id])
    if not (run.digest and data.digest.startswith(run.digest)):
        raise DataError(
            "the data is not what the run was trained on: it has changed since. Give the run its "
            f"data back, or train it again. Received: run={run_id}"
        )
    return data


def split_of(
    parts: RunSettings, model: Model, run_id: str, data: Interactions | None = None
) -> Split:
    """The split that a run was trained on, in the item codes of its model.

    Args:
        parts: of the run.
        model: of the run.
        data: of the run, where it has been loaded.

    Raises:
        DataError: the data has changed since.
    """
    data = parts.dataset.load() if data is None else data
    split = parts.split(refuse_changed(data, run_id))
    if np.array_equal(split.catalogue.ids, model.catalogue.ids):
        return split
    return align(split, model.catalogue)  # an update has the codes of the run before it


def held_out_split(parts: RunSettings, command: str, run_id: str) -> Split:
    """The split that runs were trained on, for a command that asks about unknown users.

    Args:
        run_id: any of them; all have the same data.

    Raises:
        DataError: its users are not held out whole, or the data has changed since.
    """
    if parts.split.name != "user_holdout":
        raise DataError(
            f"{command} asks about users that no model has trained on, so it needs runs with "
            "split=user_holdout: name candidates=[…], or train them. "
            f"Received: runs with split={parts.split.name}"
        )
    return parts.split(refuse_changed(parts.dataset.load(), run_id))


def references(split: Split, names: Sequence[str]) -> dict[str, Model]:
    """Popularity, unless it is among the names, and the oracle of generated data."""
    from lrec.evaluation.references import (
        Oracle,  # here: each command imports this file before its config check
    )
    from lrec.model.popularity import Popularity

    found: dict[str, Model] = {}
    if "popularity" not in names:
        found["popularity"] = Popularity()
        found["popularity"].catalogue = split.catalogue
    if split.truth is not None:
        found[ORACLE] = Oracle(split.truth, split.catalogue, split.test)
    return found
