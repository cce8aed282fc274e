"""Time SASRec in RecTools on the CPU: a peer side of the transformer benchmark.

It runs in an environment of its own (a CPU build of torch is enough):

    python3.11 -m venv rectools-venv
    rectools-venv/bin/pip install torch==2.13.0 implicit==0.7.3 "rectools[torch]==0.19.0"

The data comes already split, as two CSV files with the columns user_id, item_id and timestamp:

    rectools-venv/bin/python rectools_sasrec.py --train train.csv --valid valid.csv \
        --epochs 10 --loss softmax --out result.json

An epoch is one timed pass over the training users, then one timed list of ten for all validation
users out of the whole catalogue, without the training items, by `recommend`. Its table is reduced
to ndcg@10 off the clock, as is the preparation of the data.
"""

import argparse
import json
import logging
import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rectools
import torch
from pytorch_lightning import seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

SEED = 2020
SETTINGS: dict[str, Any] = {
    "n_factors": 64,
    "n_blocks": 1,
    "n_heads": 1,
    "session_max_len": 50,
    "dropout_rate": 0.2,
    "lr": 1e-3,
    "batch_size": 128,
    # Scores are cosines over a temperature, as lrec's are.
    "similarity_module_kwargs": {"distance": "cosine"},
    "lightning_module_kwargs": {"logits_t": 0.1},
}


def ndcg(lists: pd.DataFrame, target: pd.Series) -> float:
    """Mean ndcg at 10 of one target a user.

    Args:
        target: item, by user.
    """
    hits = lists[lists[Columns.Item].to_numpy() == target[lists[Columns.User]].to_numpy()]
    return float((1 / np.log2(hits[Columns.Rank] + 1)).sum() / len(target))


def benchmark(args: argparse.Namespace) -> dict[str, Any]:
    train, valid = (pd.read_csv(path) for path in (args.train, args.valid))
    names = {"user_id": Columns.User, "item_id": Columns.Item}
    train = train.rename(columns=names).assign(**{Columns.Weight: 1.0})
    # Equal times keep the order of the file, and mean no day: only the order counts.
    train[Columns.Datetime] = pd.to_datetime(np.arange(len(train)), unit="s")
    dataset = Dataset.construct(train[[*names.values(), Columns.Weight, Columns.Datetime]])
    target = valid.set_index("user_id")["item_id"]
    users = target.index.to_numpy()
    seed_everything(SEED, verbose=False)
    settings = SETTINGS | {"loss": args.loss, "n_negatives": args.negatives}
    model = SASRecModel(**settings, verbose=0)
    results: dict[str, Any] = {"library": f"rectools {rectools.__version__}"}
    results |= {"torch": torch.__version__, "settings": settings, "n_validation": len(users)}
    results |= {"epochs": [], "evaluate": [], "ndcg@10": [], "clock": []}
    clock = 0.0
    for _ in range(args.epochs):
        start = time.perf_counter()
        model.fit_partial(dataset, min_epochs=1, max_epochs=1)
        trained = time.perf_counter()
        # Users with one training item are no users for it: they get no list.
        lists = model.recommend(users, dataset, 10, True, on_unsupported_targets="ignore")
        ranked = time.perf_counter()
        clock += ranked - start
        results["epochs"].append(trained - start)
        results["evaluate"].append(ranked - trained)
        results["ndcg@10"].append(ndcg(lists, target))
        results["clock"].append(clock)
    counts = {"n_users": train[Columns.User].nunique(), "n_items": train[Columns.Item].nunique()}
    return results | counts | {"n_train": len(train)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time SASRec in RecTools on the CPU.")
    for part in ("train", "valid", "out"):
        parser.add_argument(f"--{part}", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--loss", default="softmax")
    parser.add_argument("--negatives", type=int, default=256)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    torch.set_num_threads(os.cpu_count() or 1)  # as many as TensorFlow takes
    args.out.write_text(json.dumps(benchmark(args), indent=2) + "\n")


if __name__ == "__main__":
    main()
