"""Models in TensorFlow's formats: written, and read back from the file alone."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.errors import DataError
from lrec.base.silence import silenced
from lrec.commands.export.graph import export_graph
from lrec.data.histories import Histories
from lrec.model import Model

FILES = {"savedmodel": "savedmodel", "float16": "float16.tflite", "int8": "int8.tflite"}
SIGNATURE = "serving_default"
WARM_UP = 5  # histories whose time does not count

RankFunction = Callable[[Histories, int], Ints]


def write(model: Model, format: str, folder: Path) -> Path:
    """Write a model.

    Args:
        format: `savedmodel`; `float16` or `int8`, TensorFlow Lite with weights of so many bits
            (`int8`: of the tables and matrices that are large), for one history at a time.
        folder: that exists.

    Returns:
        The file, or the folder of a SavedModel.

    Raises:
        DataError: the format cannot hold the model.
    """
    import tensorflow as tf

    path = folder / FILES[format]
    if format == "savedmodel":
        module = export_graph(model)
        with silenced():
            tf.saved_model.save(module, str(path), signatures={SIGNATURE: module.recommend})
        return path
    module = export_graph(model, batch=1)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.recommend], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if format == "float16":
        converter.target_spec.supported_types = [tf.float16]
    try:
        with silenced():
            path.write_bytes(converter.convert())
    except Exception as error:
        missing = re.findall(r"^(?:TF Select|Custom) ops: (.*)", str(error), re.M)
        why = f"TensorFlow Lite has no {', '.join(missing)}" if missing else "the conversion failed"
        raise DataError(f"model={model.name} cannot be written as {format}: {why}.") from None
    return path


def read(path: Path) -> RankFunction:
    """Read what `write` wrote, as a function from one history and k to ranked items, `(1, k)`."""
    import tensorflow as tf

    if path.is_dir():
        graph = tf.saved_model.load(str(path)).signatures[SIGNATURE]
        names = graph.structured_input_signature[1].keys()
        return lambda history, k: np.asarray(
            graph(**{n: tf.constant(v) for n, v in _inputs(history, k, names).items()})["items"]
        )
    with warnings.catch_warnings(), silenced():
        warnings.simplefilter("ignore")  # its successor is another package
        interpreter = tf.lite.Interpreter(str(path))
        interpreter.allocate_tensors()
        run = interpreter.get_signature_runner(SIGNATURE)
    names = run.get_input_details().keys()
    return lambda history, k: np.asarray(run(**_inputs(history, k, names))["items"])


def _inputs(history: Histories, k: int, names: Any) -> dict[str, Any]:
    """One history as arrays, with an empty column at the end, so that there is one."""
    ratings = np.full(len(history.item), np.nan) if history.rating is None else history.rating
    arrays = {
        "history": np.append(history.item, -1).astype(np.int32)[None],
        "ratings": np.append(ratings, np.nan).astype(np.float32)[None],
        "k": np.array(k, np.int32),
    }
    return {name: arrays[name] for name in names}


def rank_each(rank: RankFunction, histories: Histories, k: int) -> tuple[Ints, Floats]:
    """Rank items for one history after the other.

    Returns:
        Ranked items, `(n, k)`, and the seconds that each ranking took, `(n,)`.
    """
    single = [histories.take(np.array([row])) for row in range(len(histories))]
    for history in single[:WARM_UP]:
        rank(history, k)
    rankings, seconds = [], []
    for history in single:
        start = time.perf_counter()
        rankings.append(rank(history, k))
        seconds.append(time.perf_counter() - start)
    return np.concatenate(rankings), np.array(seconds)


def size(path: Path) -> int:
    """Bytes on disk."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
