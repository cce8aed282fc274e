"""Time LensKit's evaluation of ranked lists: a peer side of the benchmark of evaluation.

It runs in the environment that baselines.py describes. `scripts/benchmark_evaluation.py --lenskit
peers-venv/bin/python` gives it the lists. The last line that it prints is JSON.
"""

import argparse
import json
import logging
import time
import warnings
from pathlib import Path
from typing import Any

import lenskit
import numpy as np
import pandas as pd
from lenskit.data import ItemListCollection
from lenskit.metrics import NDCG, Hit, LogRankWeight, Precision, Recall, RecipRank, RunAnalysis

K = 10
METRICS = {
    "ndcg": NDCG(K, weight=LogRankWeight(offset=1)),  # the usual discount, which is not its default
    "recall": Recall(K),
    "hit": Hit(K),
    "mrr": RecipRank(K),
    "precision": Precision(K),
}


def frames(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ranked items and targets, one row each."""
    with np.load(path) as stored:
        items, row, item = stored["items"], stored["row"], stored["item"]
    users, places = np.nonzero(items >= 0)
    ranked = {"user_id": users, "item_id": items[users, places], "rank": places + 1}
    return pd.DataFrame(ranked), pd.DataFrame({"user_id": row, "item_id": item})


def benchmark(path: Path, repeats: int) -> dict[str, Any]:
    ranked, targets = frames(path)
    results: dict[str, Any] = {"library": f"lenskit {lenskit.__version__}"}
    results |= {"seconds": [], "collecting": []}
    for _ in range(repeats):
        start = time.perf_counter()
        lists = ItemListCollection.from_df(ranked, ["user_id"])
        target = ItemListCollection.from_df(targets, ["user_id"])
        collected = time.perf_counter()
        analysis = RunAnalysis()
        for name, metric in METRICS.items():
            analysis.add_metric(metric, label=name)
        means = analysis.measure(lists, target).list_metrics().mean()
        results["seconds"].append(time.perf_counter() - collected)
        results["collecting"].append(collected - start)
    return results | {"means": means.to_dict(), "lists": len(lists)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lists", type=Path, required=True)
    parser.add_argument("--repeats", type=int, required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    print(json.dumps(benchmark(arguments.lists, arguments.repeats)))


if __name__ == "__main__":
    main()
