"""A trained model in a folder: JSON and plain arrays, nothing that runs when it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from lrec import __version__
from lrec.base.arrays import Arrays
from lrec.base.config.check import build
from lrec.base.errors import one_line
from lrec.base.files import write_arrays, write_text
from lrec.data.catalogue import Catalogue
from lrec.data.interactions import ItemFeatures
from lrec.model import Model

FORMAT = 2  # of the files; an older lrec wrote none or a lower one
MODEL, STATE, CATALOGUE = "model.json", "state.npz", "catalogue.npz"


def save(folder: Path, model: Model, node: dict[str, Any]) -> None:
    """Write what `load` needs.

    Args:
        node: the model's config, `_target_` and arguments.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = model.catalogue
    features = catalogue.features
    meta = {
        "lrec": __version__,
        "format": FORMAT,
        "model": node,
        "genre_names": features.genre_names,
    }
    write_text(folder / MODEL, json.dumps(meta, indent=2))
    write_arrays(folder / STATE, model.state())
    arrays: Arrays = {
        "ids": catalogue.ids,
        "popularity": catalogue.popularity,
        "interactions": catalogue.interactions,
        "n_users": np.array(catalogue.n_users),
    }
    if features.titles is not None:
        arrays["titles"] = features.titles
    if features.genres is not None:
        arrays["genres"] = features.genres
    if features.vectors is not None:
        arrays["vectors"] = features.vectors
    write_arrays(folder / CATALOGUE, arrays, compressed=True)


def load(folder: Path) -> Model:
    """The model that was saved, ready to score.

    Raises:
        RuntimeError: the folder does not hold a whole model.
    """
    try:
        meta = json.loads((folder / MODEL).read_text())
        with np.load(folder / STATE, allow_pickle=False) as stored:
            state = {name: stored[name] for name in stored.files}
        with np.load(folder / CATALOGUE, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        catalogue = Catalogue(
            ids=arrays["ids"],
            popularity=arrays["popularity"],
            interactions=arrays["interactions"],
            n_users=int(arrays["n_users"]),
            features=ItemFeatures(
                arrays.get("titles"),
                arrays.get("genres"),
                tuple(meta["genre_names"]),
                arrays.get("vectors"),
            ),
        )
        node = meta["model"]
    except Exception as error:
        raise RuntimeError(
            f"{folder} does not hold a whole lrec model: {one_line(error)}"
        ) from None
    if meta.get("format") != FORMAT:
        raise RuntimeError(f"the model in {folder} was made by an older lrec: train it again.")
    model: Model = build(node, "model", str(folder / MODEL), Model)
    model.restore(state, catalogue)
    return model
