"""Time SASRec in RecBole on the CPU, as it comes: the peer side of the transformer benchmark.

It runs in the environment that recbole_vae.py describes. The data comes already split, as two CSV
files with the columns user_id and item_id, each user's rows oldest first:

    recbole-venv/bin/python recbole_sasrec.py --train train.csv --valid valid.csv \
        --epochs 3 --out result.json

For a split that is given, RecBole wants the beginnings of histories that it otherwise makes itself:
here each training item but a user's first, with the up to 50 training items before it, and each
validation item with the user's newest 50 training items. An epoch is one timed pass over the former
and one timed full ranking of the catalogue for the latter. RecBole lets sequential models recommend
what a user already has; here all training items are masked, as lrec does. Preparing the data is not
timed.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import recbole
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.data.dataset import SequentialDataset
from recbole.model.sequential_recommender import SASRec
from recbole.trainer import Trainer, trainer
from recbole.utils import init_seed
from recbole_vae import SEED, timed

LENGTH = 50
SETTINGS = {
    "seed": SEED,
    "gpu_id": "",
    "benchmark_filename": ["train", "valid", "rest"],
    "load_col": {"inter": ["user_id", "item_id_list", "item_id"]},
    "alias_of_item_id": ["item_id_list"],
    "MAX_ITEM_LIST_LENGTH": LENGTH,
    "train_neg_sample_args": None,
    "loss_type": "CE",
    "metrics": ["Recall", "NDCG"],
    "topk": [10, 20],
    "valid_metric": "NDCG@10",
    "metric_decimal_place": 6,
}
REPORTED = ("n_layers", "n_heads", "hidden_size", "inner_size", "hidden_dropout_prob")
REPORTED += ("attn_dropout_prob", "hidden_act", "loss_type", "MAX_ITEM_LIST_LENGTH")
REPORTED += ("learner", "learning_rate", "train_batch_size", "eval_batch_size")

Row = tuple[str, list[str], str]  # a user, what came before, what came next


class Masked(Trainer):
    """Ranks without the items that a user already has.

    Args:
        seen: for each user code the codes of those items.
    """

    def __init__(self, config: Config, model: SASRec, seen: dict[int, torch.Tensor]) -> None:
        super().__init__(config, model)
        self.seen = seen

    def _full_sort_batch_eval(self, batched_data: tuple[Any, ...]) -> Any:
        interaction, _, *positives = batched_data
        items = [self.seen[user] for user in interaction["user_id"].tolist()]
        lengths = torch.tensor([len(row) for row in items])
        rows = torch.repeat_interleave(torch.arange(len(items)), lengths)
        return super()._full_sort_batch_eval((interaction, (rows, torch.cat(items)), *positives))


def beginnings(histories: dict[str, list[str]]) -> Iterator[Row]:
    for user, items in histories.items():
        for place in range(1, len(items)):
            yield user, items[max(0, place - LENGTH) : place], items[place]


def every_item(histories: dict[str, list[str]]) -> Iterator[Row]:
    """The catalogue in full rows, which are never read.

    By them RecBole knows items that stand in no other row, and fills up all rows to their length,
    as it does with rows that it makes itself.
    """
    user, catalogue = next(iter(histories)), np.unique(np.concatenate(list(histories.values())))
    n_rows = -(-len(catalogue) // LENGTH)
    for items in np.resize(catalogue, (n_rows, LENGTH)).tolist():
        yield user, items, items[0]


def write(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w") as file:
        file.write("user_id:token\titem_id_list:token_seq\titem_id:token\n")
        file.writelines(f"{user}\t{' '.join(items)}\t{item}\n" for user, items, item in rows)


def codes_of_seen(
    dataset: SequentialDataset, histories: dict[str, list[str]]
) -> dict[int, torch.Tensor]:
    users, items = (dataset.field2token_id[name] for name in ("user_id", "item_id"))
    return {
        users[user]: torch.tensor([items[item] for item in row])
        for user, row in histories.items()
        if user in users
    }


def benchmark(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    train, valid = (
        pd.read_csv(file, usecols=["user_id", "item_id"], dtype=str)
        for file in (args.train, args.valid)
    )
    histories = train.groupby("user_id", sort=False)["item_id"].agg(list).to_dict()
    asked = zip(valid["user_id"], valid["item_id"], strict=True)
    data = folder / "data"
    data.mkdir()
    write(data / "data.train.inter", beginnings(histories))
    write(
        data / "data.valid.inter", ((user, histories[user][-LENGTH:], item) for user, item in asked)
    )
    write(data / "data.rest.inter", every_item(histories))

    options = {"epochs": args.epochs, "data_path": str(folder), "checkpoint_dir": str(folder)}
    config = Config("SASRec", "data", config_dict=SETTINGS | options)
    init_seed(SEED, reproducibility=True)
    dataset = create_dataset(config)
    examples, questions, _ = data_preparation(config, dataset)
    results: dict[str, Any] = {"library": f"recbole {recbole.__version__}"}
    results |= {"torch": torch.__version__, "settings": {name: config[name] for name in REPORTED}}
    # RecBole counts its padding as one user and one item.
    results |= {"n_items": dataset.item_num - 1, "n_validation": len(questions.dataset)}
    results |= {"n_train": len(examples.dataset)}
    seen = codes_of_seen(dataset, histories)
    return results | train_and_rank(config, examples, questions, seen, args.epochs)


def train_and_rank(
    config: Config, examples: Any, questions: Any, seen: dict[int, torch.Tensor], epochs: int
) -> dict[str, list[float]]:
    """Seconds of every epoch and ranking, how good it was, and the time since the start."""
    results: dict[str, list[float]] = {"epochs": [], "evaluate": [], "ndcg@10": [], "clock": []}
    start = time.perf_counter()
    runner = Masked(config, SASRec(config, examples.dataset), seen)
    for epoch in range(epochs):
        results["epochs"].append(timed(runner._train_epoch, examples, epoch)[0])
        seconds, quality = timed(runner.evaluate, questions, load_best_model=False)
        results["evaluate"].append(seconds)
        results["ndcg@10"].append(float(quality["ndcg@10"]))
        results["clock"].append(time.perf_counter() - start)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Time SASRec in RecBole on the CPU.")
    for part in ("train", "valid", "out"):
        parser.add_argument(f"--{part}", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    sys.argv = sys.argv[:1]  # RecBole would read the command line as settings of its own
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    trainer.get_tensorboard = lambda logger: None  # it writes into the working directory
    torch.set_num_threads(os.cpu_count() or 1)  # as many as TensorFlow takes
    with tempfile.TemporaryDirectory() as folder:
        result = benchmark(args, Path(folder))
    args.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
