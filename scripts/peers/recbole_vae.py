"""Time Mult-VAE in RecBole on the CPU: the peer side of the speed benchmark.

RecBole 1.2.1 needs older libraries than lrec, so this script runs in an environment of its own.
(A CPU build of torch is enough; --no-deps leaves out ray and other extras that are not used here.)

    python3.11 -m venv recbole-venv
    recbole-venv/bin/pip install torch==2.13.0 "numpy<2" "scipy<1.13" "pandas<2.2" \
        "setuptools<81" scikit-learn tensorboard colorlog colorama texttable pyyaml tqdm
    recbole-venv/bin/pip install --no-deps recbole==1.2.1

The data comes already split, as three CSV files with the columns user_id, item_id, timestamp:

    recbole-venv/bin/python recbole_vae.py --train train.csv --valid valid.csv --test test.csv \
        --epochs 5 --batch-size 500 --out result.json

An epoch is one timed pass over the training users, then one timed full ranking of the catalogue,
seen items masked, for all validation users. Preparing the data is not timed.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import recbole
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.model.general_recommender import MultiVAE
from recbole.trainer import Trainer, trainer
from recbole.utils import init_seed

PARTS = ("train", "valid", "test")
SEED = 2020
THREADS = 2
EVAL_USERS = 250  # users ranked at once: the fastest of 50 to 2000 on a catalogue of 12,000 items
DEFAULT_EVAL_BATCH = 4096  # RecBole's own setting, in user-item pairs: one user at a time
SETTINGS = {
    "seed": SEED,
    "gpu_id": "",
    "benchmark_filename": list(PARTS),
    "load_col": {"inter": ["user_id", "item_id"]},
    "train_neg_sample_args": None,
    "learning_rate": 1e-3,
    "mlp_hidden_size": [600],
    "dropout_prob": 0.5,
    "anneal_cap": 0.2,
    "eval_args": {"mode": "full"},
    "metrics": ["Recall", "NDCG"],
    "topk": [10, 20],
    "valid_metric": "NDCG@10",
    "metric_decimal_place": 6,
}


def timed(work: Callable[..., Any], *args: Any, **options: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work(*args, **options)
    return time.perf_counter() - start, result


def benchmark(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    (folder / "data").mkdir()
    for part in PARTS:
        pairs = pd.read_csv(getattr(args, part), usecols=["user_id", "item_id"], dtype=str)
        path = folder / "data" / f"data.{part}.inter"
        pairs.add_suffix(":token").to_csv(path, sep="\t", index=False)

    options = {"train_batch_size": args.batch_size, "total_anneal_steps": args.anneal_steps}
    options |= {"latent_dimension": args.latent_dimension, "epochs": args.epochs}
    options |= {"data_path": str(folder), "checkpoint_dir": str(folder)}
    config = Config("MultiVAE", "data", config_dict=SETTINGS | options)
    init_seed(SEED, reproducibility=True)
    dataset = create_dataset(config)
    config["eval_batch_size"] = EVAL_USERS * dataset.item_num  # counted in user-item pairs
    train, valid, test = data_preparation(config, dataset)
    runner = Trainer(config, MultiVAE(config, train.dataset))

    results: dict[str, Any] = {"library": f"recbole {recbole.__version__}"}
    results |= {"torch": torch.__version__, "epochs": [], "evaluate": []}
    for epoch in range(args.epochs):
        results["epochs"].append(timed(runner._train_epoch, train, epoch)[0])
        seconds, results["validation"] = timed(runner.evaluate, valid, load_best_model=False)
        results["evaluate"].append(seconds)
    config["eval_batch_size"] = DEFAULT_EVAL_BATCH
    one_by_one = data_preparation(config, create_dataset(config))[1]
    seconds, _ = timed(runner.evaluate, one_by_one, load_best_model=False)
    results["evaluate_by_default"] = seconds
    # The test input is the training history alone (lrec: training + validation); both are masked.
    results["test"] = runner.evaluate(test, load_best_model=False)
    # RecBole counts its padding as one user and one item.
    sizes = {"n_users": dataset.user_num - 1, "n_items": dataset.item_num - 1}
    return results | sizes | {"n_train": len(train.dataset)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time Mult-VAE in RecBole on the CPU.")
    for part in (*PARTS, "out"):
        parser.add_argument(f"--{part}", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=500)
    parser.add_argument("--anneal-steps", type=int, default=2000)
    help_latent = "mean and log-variance together: 200 is a code of 100 numbers (default 200)"
    parser.add_argument("--latent-dimension", type=int, default=200, help=help_latent)
    args = parser.parse_args()
    sys.argv = sys.argv[:1]  # RecBole would read the command line as settings of its own
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    trainer.get_tensorboard = lambda logger: None  # it writes into the working directory
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        result = benchmark(args, Path(folder))
    args.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
