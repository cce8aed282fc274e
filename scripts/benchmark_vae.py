"""Speed of Mult-VAE 600-200 in lrec and in RecBole 1.2.1, on the same data, machine and run.

    python scripts/benchmark_vae.py --recbole recbole-venv/bin/python            # 1 M generated
    python scripts/benchmark_vae.py --recbole … --data interactions.csv.gz       # your own

RecBole needs an environment of its own: see scripts/peers/recbole_vae.py. Both train on the same
leave-one-out split with batches of 500, and both rank the whole catalogue for every validation
user, without the training items, for recall and ndcg at 10 and 20. RecBole ranks at the batch size
that was its fastest, and once more at the one that it comes with. Seconds are medians over the
epochs after the second: the first ones pay for tracing and memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lrec.data.dataset.csv import CSV
from lrec.data.dataset.synthetic import Synthetic
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.evaluation.metric import Lists
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.ranking import Ranker
from lrec.model.vae import VAE
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recbole", help="python of the environment that has RecBole")
    parser.add_argument("--data", help="interactions; without it one million are generated")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--precision", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.precision:  # a process of its own for each side: none inherits the other's memory
        print(json.dumps(run_lrec(arguments.data, arguments.epochs, arguments.precision)))
        return
    results = {}
    for precision in ("float32", "mixed_bfloat16"):
        command = [sys.executable, __file__, "--precision", precision]
        command += ["--epochs", str(arguments.epochs)]
        command += ["--data", arguments.data] if arguments.data else []
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        results[f"lrec {precision}"] = json.loads(done.stdout.splitlines()[-1])
    if arguments.recbole:
        results["RecBole 1.2.1"] = run_recbole(arguments.recbole, arguments.data, arguments.epochs)
    report(results)


def load(path: str | None) -> Split:
    """The split that both sides see."""
    if path:
        return LeaveOneOut()(CSV(path).load())
    world = Synthetic(n_users=6040, n_items=3700, activity_median=104, activity_sigma=1.0)
    return LeaveOneOut()(world.load())


def run_lrec(path: str | None, epochs: int, precision: str) -> dict[str, Any]:
    """Train for some epochs; time each and the ranking of all validation users after it."""
    split = load(path)
    strategy = CPU(precision=precision)  # type: ignore[arg-type]
    strategy.start()
    # RecBole multiplies the noise of its code by 0.01, which leaves an autoencoder: so here too.
    model = VAE(hidden_sizes=[600], latent_size=200, beta=0.0, noise=0.01)
    callback = Stopwatch(split, Ranker(model, 20))
    warnings.simplefilter("ignore")  # it ends at its cap
    schedule = Trainer(epochs=epochs, batch_size=500, patience=None, evaluate_steps=1)
    model.fit(split, schedule, strategy, 1, callback)
    return {
        "epochs": callback.training,
        "evaluate": callback.ranking,
        "validation": callback.quality,
        "n_users": len(split.train),
        "n_items": split.catalogue.n_items,
        "n_train": len(split.train.item),
    }


class Stopwatch:
    """Times what lies between the epochs, and the evaluation that it makes itself."""

    live = False

    def __init__(self, split: Split, ranker: Ranker) -> None:
        self.split = split
        self.ranker = ranker
        self.training: list[float] = []
        self.ranking: list[float] = []
        self.quality: dict[str, float] = {}
        self.start = time.perf_counter()

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        """Not called: this watch is not live."""

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        now = time.perf_counter()
        self.training.append(now - self.start)
        queries = self.split.validation
        ranking = self.ranker(queries)
        lists = Lists(
            ranking.items,
            queries.target,
            queries.history,
            ranking.is_personalised,
            self.split.catalogue,
        )
        for k in (10, 20):
            self.quality[f"recall@{k}"] = float(Recall()(lists, k).mean())
            self.quality[f"ndcg@{k}"] = float(NDCG()(lists, k).mean())
        self.ranking.append(time.perf_counter() - now)
        self.start = time.perf_counter()
        return float(epoch)  # the last epoch is the best: every epoch pays for keeping weights


def run_recbole(python: str, path: str | None, epochs: int) -> dict[str, Any]:
    """The same split as files, trained and ranked by RecBole in its own environment."""
    split = load(path)
    script = Path(__file__).parent / "peers" / "recbole_vae.py"
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, part in (
            ("train", split.train),
            ("valid", split.validation.target),
            ("test", split.test.target),
        ):
            file = Path(folder) / f"{name}.csv"
            frame(part, split).to_csv(file, index=False)
            files += [f"--{name}", str(file)]
        out = Path(folder) / "result.json"
        command = [python, str(script), *files, "--epochs", str(epochs), "--out", str(out)]
        # RecBole halves this into mean and variance: 400 is a code of 200.
        command += ["--latent-dimension", "400", "--anneal-steps", "2000"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        result: dict[str, Any] = json.loads(out.read_text())
    return result


def frame(part: Histories, split: Split) -> pd.DataFrame:
    known = part.item < split.catalogue.n_items
    time_of = part.timestamp if part.timestamp is not None else np.arange(len(part.item))
    table = {"user_id": part.user[part.row], "item_id": part.item, "timestamp": time_of}
    return pd.DataFrame(table)[known]


def typical(seconds: list[float]) -> float:
    return statistics.median(seconds[2:] or seconds)


def report(results: dict[str, dict[str, Any]]) -> None:
    peer = results.get("RecBole 1.2.1")
    first = next(iter(results.values()))
    print(f"{first['n_users']:,} users × {first['n_items']:,} items, {first['n_train']:,} training")
    for name, result in results.items():
        epoch, ranking = typical(result["epochs"]), typical(result["evaluate"])
        line = f"{name:<20} epoch {epoch:6.2f} s  ranking {ranking:6.2f} s"
        if peer and result is not peer:
            line += f"  ({typical(peer['epochs']) / epoch:.1f} and "
            line += f"{typical(peer['evaluate']) / ranking:.1f} times faster)"
        if "evaluate_by_default" in result:
            line += f"  ({result['evaluate_by_default']:.2f} s with its default eval_batch_size)"
        marks = "  ".join(f"{key} {value:.4f}" for key, value in result["validation"].items())
        print(f"{line}\n{'':<20} {marks}")


if __name__ == "__main__":
    main()
