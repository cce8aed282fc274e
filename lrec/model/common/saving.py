"""A trained model in a folder: JSON and plain arrays, nothing that runs when it is read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from lrec import __version__
from lrec.base.array_files import read_arrays, write_arrays
from lrec.base.arrays import Arrays
from lrec.base.config import plugins
from lrec.base.config.check import build
from lrec.base.config.schema import targets_of
from lrec.base.errors import DataError, one_line
from lrec.base.files import write_text
from lrec.data import genre_matrix
from lrec.data.catalogue import Catalogue
from lrec.data.interactions import ItemFeatures
from lrec.model import Model

FORMAT = 4  # of the files; an older lrec wrote none or a lower one
READ = (2, 3, FORMAT)  # 2 has no digests, and 3 dense genres
MODEL, STATE, CATALOGUE = "model.json", "state.npz", "catalogue.npz"
DOCUMENT = "document"  # in the catalogue: digest of model.json


def save(folder: Path, model: Model, node: dict[str, Any]) -> None:
    """Write what `load` needs; afterwards the model is what is saved (`Model.round_to_saved`).

    Args:
        node: the model's config, `_target_` and arguments.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.round_to_saved()
    catalogue = model.catalogue
    features = catalogue.features
    meta = {
        "lrec": __version__,
        "format": FORMAT,
        "model": node,
        "genre_names": features.genre_names,
    }
    document = json.dumps(meta, indent=2)
    write_text(folder / MODEL, document)
    write_arrays(folder / STATE, state_of(model))
    arrays: Arrays = {
        "ids": catalogue.ids,
        "popularity": catalogue.popularity,
        "interactions": catalogue.interactions,
        "n_users": np.array(catalogue.n_users),
        "all_items": np.array(catalogue.all_items),
        DOCUMENT: np.array(_digest(document.encode())),
    }
    if features.titles is not None:
        arrays["titles"] = features.titles
    arrays |= genre_matrix.stored(features.genres)
    if features.vectors is not None:
        arrays["vectors"] = features.vectors
    write_arrays(folder / CATALOGUE, arrays, compressed=True)


def state_of(model: Model) -> Arrays:
    """Everything that was trained, as named arrays that can be saved.

    Raises:
        DataError: the model's `state` gives something else.
    """
    state: Arrays = model.state()
    received = type(state).__name__
    if isinstance(state, dict):
        bad = [name for name, array in state.items() if np.asarray(array).dtype.hasobject]
        received = ", ".join(f"{name}: {type(state[name]).__name__}" for name in bad)
    if received:
        raise DataError(
            f"model={model.name}: state must return a dict of NumPy arrays of numbers or text, "
            f"by name. Received: {received}"
        )
    return state


def load(folder: Path) -> Model:
    """The model that was saved, ready to score.

    Raises:
        RuntimeError: the folder does not hold a whole model.
    """
    try:
        document = (folder / MODEL).read_bytes()
        meta = json.loads(document)
        version = meta.get("format")
    except Exception as error:
        raise _damaged(folder, MODEL, error) from None
    if version not in READ:
        raise RuntimeError(
            f"the model in {folder} ({MODEL}) was made by an older lrec: train it again."
        )
    arrays = _arrays(folder, CATALOGUE, sealed=version > 2)
    if str(arrays.get(DOCUMENT, _digest(document))) != _digest(document):
        raise _damaged(folder, MODEL, ValueError(f"{CATALOGUE} holds another digest of it"))
    state = _arrays(folder, STATE, sealed=version > 2)
    try:
        catalogue = Catalogue(
            ids=arrays["ids"],
            popularity=arrays["popularity"],
            interactions=arrays["interactions"],
            n_users=int(arrays["n_users"]),
            all_items=bool(arrays.get("all_items", False)),
            features=ItemFeatures(
                arrays.get("titles"),
                genre_matrix.restored(arrays, len(meta["genre_names"])),
                tuple(meta["genre_names"]),
                arrays.get("vectors"),
            ),
        )
        node = meta["model"]
    except Exception as error:
        raise _damaged(folder, CATALOGUE, error) from None
    plugins.refuse_unnamed(targets_of(node), f"the model in {folder}")
    model: Model = build(node, "model", str(folder / MODEL), Model)
    model.restore(state, catalogue)
    return model


def _arrays(folder: Path, name: str, sealed: bool) -> Arrays:
    try:
        return read_arrays(folder / name, sealed)
    except Exception as error:
        raise _damaged(folder, name, error) from None


def _damaged(folder: Path, name: str, error: Exception) -> RuntimeError:
    return RuntimeError(
        f"{folder} does not hold a whole lrec model, {name} is damaged: {one_line(error)}"
    )


def _digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
