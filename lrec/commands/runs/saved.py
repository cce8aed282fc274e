"""Parts of a finished run: its config, its data, its model; and the references for its split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from lrec import tracking
from lrec.base.config.check import check
from lrec.base.errors import ConfigError, DataError
from lrec.commands import loading
from lrec.commands.runs.stored_config import read_stored_config
from lrec.commands.settings import RunSettings
from lrec.data.alignment import align
from lrec.data.catalogue import Catalogue
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.references import POPULARITY, reference_models
from lrec.model import Model
from lrec.model.common import saving
from lrec.tracking import CONFIG, entries_of, fetch, obstacle, resolve


def load_config(run_id: str) -> DictConfig:
    """The config that a run was trained with.

    Raises:
        RuntimeError: there is no such run, or it has none.
    """
    with TemporaryDirectory() as folder:
        return read_stored_config(fetch(run_id, "config.yaml", Path(folder)), run_id)


def folder_of(run: str) -> Path:
    """The folder of a run that can be resumed.

    Args:
        run: MLflow's id of it, or the folder itself.

    Raises:
        RuntimeError: there is no such run, it has ended well, is an update, or is not here.
    """
    folder = Path(run) if Path(run).is_dir() else tracking.folder_of(resolve(run, finished=False))
    entries = entries_of(folder)
    if entries and (reason := obstacle(folder, entries)):
        raise RuntimeError(f"run {run} cannot be resumed: {reason}.")
    if not entries and (folder / CONFIG).exists():  # the journal of a finished run is removed
        raise RuntimeError(
            f"the run in {folder} is finished: there is nothing to go on with. Score it again with "
            "lrec evaluate run=latest, use it with lrec recommend run=latest users=all (or its id)."
        )
    if not entries:
        raise RuntimeError(
            f"nothing is left of run {run} to go on with: its folder is on another machine, was "
            f"removed, or the run ended before it began to train. Received: {folder}"
        )
    return folder


def settings_of(run_id: str, location: Mapping[str, Any] | None = None) -> RunSettings:
    """The components of a run, none of them trained.

    Args:
        location: keys that say where its data lies now, and their values.

    Raises:
        RuntimeError: there is no such run, or it has no config.
        ConfigError: its config does not fit this version of lrec.
    """
    config = load_config(run_id)
    for key, value in (location or {}).items():
        OmegaConf.update(config, key, value, force_add=True)
    return check(config, RunSettings)


def load_model(run_id: str) -> Model:
    """The trained model of a run.

    Raises:
        RuntimeError: there is no such run, or it has no whole model.
        ConfigError: it is of a plugin that the command does not name.
    """
    with TemporaryDirectory() as folder:
        path = fetch(run_id, "model", Path(folder)) / "data" / "model"
        try:
            return saving.load(path)
        except (RuntimeError, ConfigError) as error:
            raise type(error)(str(error).replace(str(path), f"run {run_id}")) from None


def load_model_for(run_id: str, catalogue: Catalogue) -> Model:
    """The trained model of a run, for queries in the item codes of a catalogue.

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


def is_data_of(data: Interactions, run_id: str) -> bool:
    """True if a run was trained on this data, wherever it lies, by the digest that it logged.

    Raises:
        RuntimeError: there is no such run.
    """
    (run,) = tracking.finished("", ids=[run_id])
    return bool(run.digest) and data.digest.startswith(run.digest)


def refuse_changed(data: Interactions, run_id: str) -> Interactions:
    """Refuse data that a run was not trained on, by the digest that the run logged.

    The same items are not enough: one row more, and a split may draw other users' targets, which
    the run was trained on.

    Returns:
        The data.

    Raises:
        DataError: its content is another one.
        RuntimeError: there is no such run.
    """
    if not is_data_of(data, run_id):
        raise DataError(
            "the data is not what the run was trained on: it has changed since. Give the run its "
            "data back (dataset.path=… if it has moved), or train it again. "
            f"Received: run={run_id}"
        )
    return data


def split_of(
    settings: RunSettings, model: Model, run_id: str, data: Interactions | None = None
) -> Split:
    """The split that a run was trained on, in the item codes of its model.

    Args:
        settings: of the run.
        model: of the run.
        data: of the run, where it has been loaded.

    Raises:
        DataError: the data has changed since.
    """
    data = loading.load_once(settings) if data is None else data
    split = loading.split(settings, refuse_changed(data, run_id))
    if np.array_equal(split.catalogue.ids, model.catalogue.ids):
        return split
    return align(split, model.catalogue)  # an update has the codes of the run before it


def held_out_split(settings: RunSettings, command: str, run_id: str) -> Split:
    """The split that runs were trained on, for a command whose users no model has trained on.

    Args:
        run_id: any of them; all have the same data.

    Raises:
        DataError: its users are not held out whole, or the data has changed since.
    """
    refuse_other_splits(settings.split.name, command)
    return loading.split(settings, refuse_changed(loading.load_once(settings), run_id))


def refuse_other_splits(split: str, command: str) -> None:
    """Refuse runs whose split holds out no whole users.

    Raises:
        DataError: naming the split.
    """
    if split != "user_holdout":
        raise DataError(
            f"{command} asks about users that no model has trained on, so it needs runs with "
            "split=user_holdout: name candidates=[…], or train them. "
            f"Received: runs with split={split}"
        )


def other_references(split: Split, names: Sequence[str]) -> dict[str, Model]:
    """Reference models of a split, without popularity where it is among the names."""
    models = reference_models(split)
    if POPULARITY in names:
        del models[POPULARITY]
    return models
