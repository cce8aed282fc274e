"""Time EASE and ItemKNN in the libraries that this environment has: the peer side of the benchmark.

RecTools wants NumPy 1 and LensKit NumPy 2, so there are two environments:

    python3.11 -m venv peers-venv    && peers-venv/bin/pip install implicit==0.7.3 rectools==0.19.0
    python3.11 -m venv lenskit-venv && lenskit-venv/bin/pip install lenskit==2025.8.1

`scripts/benchmark_baselines.py --python peers-venv/bin/python lenskit-venv/bin/python` runs this
file in each. The last line that it prints is JSON: seconds of each fit by model and library.
"""

import argparse
import importlib
import json
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

REGULARISATION, NEIGHBOURS = 50.0, 100
PROBE = list(range(10))


def timed(repeats: int, make: Callable[[], Any], fit: Callable[[Any], Any]) -> tuple[Any, Any]:
    seconds = []
    for _ in range(repeats):
        model = make()
        start = time.perf_counter()
        fit(model)
        seconds.append(time.perf_counter() - start)
    return model, seconds


def probe(weights: Any) -> float:
    scores = np.asarray(weights[PROBE].sum(axis=0)).ravel()
    return float(np.sort(scores)[-10:].sum())


def implicit_itemknn(matrix: sp.csr_matrix, repeats: int) -> dict[str, Any]:
    from implicit.nearest_neighbours import CosineRecommender

    model, seconds = timed(
        repeats,
        # It counts an item among its own neighbours.
        lambda: CosineRecommender(K=NEIGHBOURS + 1),
        lambda model: model.fit(matrix, show_progress=False),
    )
    weights = sp.csr_matrix(model.similarity)
    return {"seconds": seconds, "probe": probe(weights - sp.diags(weights.diagonal()))}


def rectools_ease(matrix: sp.csr_matrix, repeats: int) -> dict[str, Any]:
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.models import EASEModel

    pairs = frame(matrix).rename(columns={"user_id": Columns.User, "item_id": Columns.Item})
    dataset = Dataset.construct(pairs.assign(**{Columns.Weight: 1, Columns.Datetime: "2020-01-01"}))
    model, seconds = timed(
        repeats,
        lambda: EASEModel(regularization=REGULARISATION),
        lambda model: model.fit(dataset),
    )
    inside = dataset.item_id_map.convert_to_internal(np.arange(matrix.shape[1]))
    return {"seconds": seconds, "probe": probe(model.weight[inside])}


def lenskit_itemknn(matrix: sp.csr_matrix, repeats: int) -> dict[str, Any]:
    from lenskit.knn import ItemKNNScorer

    return lenskit(
        matrix,
        repeats,
        lambda: ItemKNNScorer(save_nbrs=NEIGHBOURS, feedback="implicit"),
    )


def lenskit_ease(matrix: sp.csr_matrix, repeats: int) -> dict[str, Any]:
    from lenskit.knn import EASEScorer

    return lenskit(matrix, repeats, lambda: EASEScorer(regularization=REGULARISATION))


def lenskit(matrix: sp.csr_matrix, repeats: int, make: Callable[[], Any]) -> dict[str, Any]:
    from lenskit.data import from_interactions_df

    data = from_interactions_df(frame(matrix))
    return {"seconds": timed(repeats, make, lambda model: model.train(data))[1]}


def frame(matrix: sp.csr_matrix) -> pd.DataFrame:
    pairs = matrix.tocoo()
    return pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col})


PEERS = {
    "itemknn": {"implicit": implicit_itemknn, "lenskit": lenskit_itemknn},
    "ease": {"rectools": rectools_ease, "lenskit": lenskit_ease},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--model", nargs="+", required=True)
    parser.add_argument("--repeats", type=int, required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with np.load(arguments.pairs) as stored:
        offsets, item = stored["offsets"], stored["item"]
    ones = np.ones(len(item), np.float32)
    matrix = sp.csr_matrix((ones, item, offsets), shape=(len(offsets) - 1, item.max() + 1))
    results = {}
    for model in arguments.model:
        for library, run in PEERS[model].items():
            try:
                module = importlib.import_module(library)
            except ImportError:
                continue  # another environment has it
            name = f"{model} {library} {getattr(module, '__version__', '')}".strip()
            results[name] = run(matrix, arguments.repeats)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
