"""Time EASE, ItemKNN and iALS in the libraries that this environment has: a benchmark's peer side.

RecTools wants NumPy 1 and LensKit NumPy 2, so there are two environments (a CPU build of torch is
enough; RecTools' own is described in rectools_sasrec.py):

    python3.11 -m venv peers-venv
    peers-venv/bin/pip install torch==2.13.0 implicit==0.7.3 lenskit==2025.8.1

`scripts/benchmark_baselines.py --python peers-venv/bin/python rectools-venv/bin/python` runs this
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
FACTORS, ITERATIONS, ALPHA, PENALTY = 64, 16, 0.1, 0.003  # of iALS, as lrec means them
PROBE = list(range(10))  # a history, in item codes
BLOCK = 1000  # users whose scores are in memory at once


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


def ndcg(
    score: Callable[[np.ndarray], np.ndarray], matrix: sp.csr_matrix, target: np.ndarray
) -> float:
    """Mean ndcg at 10 of one target a user, ranked among all items but those in the matrix.

    Args:
        score: of all items, for rows of the matrix.
        target: item of each row; -1 where there is none.
    """
    gains = []
    for rows in np.array_split(np.flatnonzero(target >= 0), max(1, len(target) // BLOCK)):
        scores = score(rows).copy()
        own = scores[np.arange(len(rows)), target[rows]]
        seen = matrix[rows].tocoo()
        scores[seen.row, seen.col] = -np.inf
        place = (scores > own[:, None]).sum(axis=1)
        gains.append(np.where(place < 10, 1 / np.log2(place + 2), 0))
    return float(np.concatenate(gains).mean())


def implicit_ials(matrix: sp.csr_matrix, target: np.ndarray, repeats: int) -> dict[str, Any]:
    """The objective of lrec, divided by the weight of unobserved pairs, which is 1 here.

    Its penalty is one number: that of lrec for a user of mean activity.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    activity = matrix.nnz / matrix.shape[0] + ALPHA * matrix.shape[1]
    settings = {"factors": FACTORS, "iterations": ITERATIONS, "alpha": 1 / ALPHA + 1}
    settings |= {"regularization": PENALTY * activity / ALPHA, "random_state": 1}
    with threadpool_limits(1, "blas"):  # as it asks for: its own threads share the users
        model, seconds = timed(
            repeats,
            lambda: AlternatingLeastSquares(**settings),
            lambda model: model.fit(matrix, show_progress=False),
        )

    def score(rows: np.ndarray) -> np.ndarray:
        return model.user_factors[rows] @ model.item_factors.T

    return {"seconds": seconds, "ndcg@10": ndcg(score, matrix, target)}


def implicit_itemknn(matrix: sp.csr_matrix, target: np.ndarray, repeats: int) -> dict[str, Any]:
    from implicit.nearest_neighbours import CosineRecommender

    model, seconds = timed(
        repeats,
        # It counts an item among its own neighbours.
        lambda: CosineRecommender(K=NEIGHBOURS + 1),
        lambda model: model.fit(matrix, show_progress=False),
    )
    weights = sp.csr_matrix(model.similarity)
    return {"seconds": seconds, "probe": probe(weights - sp.diags(weights.diagonal()))}


def rectools_ease(matrix: sp.csr_matrix, target: np.ndarray, repeats: int) -> dict[str, Any]:
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


def lenskit_itemknn(matrix: sp.csr_matrix, target: np.ndarray, repeats: int) -> dict[str, Any]:
    from lenskit.knn import ItemKNNScorer

    return lenskit(
        matrix,
        repeats,
        lambda: ItemKNNScorer(save_nbrs=NEIGHBOURS, feedback="implicit"),
    )


def lenskit_ease(matrix: sp.csr_matrix, target: np.ndarray, repeats: int) -> dict[str, Any]:
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
    "ials": {"implicit": implicit_ials},
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
        offsets, item, target = stored["offsets"], stored["item"], stored["target"]
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
            results[name] = run(matrix, target, arguments.repeats)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
