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
import sys
from collections.abc import Sequence
from typing import Any

from harness import Stopwatch, load, run_json, run_peer, train, typical

from lrec.evaluation.ranking import Ranker
from lrec.model.vae import VAE
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

WARM_UP = 2  # epochs


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recbole", help="python of the environment that has RecBole")
    parser.add_argument("--data", help="interactions; without it one million are generated")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--precision", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.precision:  # one side, in a process of its own
        print(json.dumps(run_lrec(arguments.data, arguments.epochs, arguments.precision)))
        return
    options = ["--epochs", str(arguments.epochs)]
    options += ["--data", arguments.data] if arguments.data else []
    results = {
        f"lrec {precision}": run_json(sys.executable, __file__, "--precision", precision, *options)
        for precision in ("float32", "mixed_bfloat16")
    }
    if arguments.recbole:
        results["RecBole 1.2.1"] = run_recbole(arguments.recbole, arguments.data, arguments.epochs)
    report(results)


def run_lrec(path: str | None, epochs: int, precision: str) -> dict[str, Any]:
    """Train for some epochs; time each and the ranking of all validation users after it."""
    split = load(path)
    strategy = CPU(precision=precision)  # type: ignore[arg-type]
    strategy.start()
    # RecBole multiplies the noise of its code by 0.01, which leaves an autoencoder: so here too.
    model = VAE(hidden_sizes=[600], latent_size=200, beta=0.0, noise=0.01)
    schedule = Trainer(epochs=epochs, batch_size=500, patience=None, evaluate_steps=1)
    stopwatch = Stopwatch(split, Ranker(model, 20))
    return train(model, schedule, strategy, stopwatch) | {"validation": stopwatch.quality}


def run_recbole(python: str, path: str | None, epochs: int) -> dict[str, Any]:
    """The same split as files, trained and ranked by RecBole in its own environment."""
    split = load(path)
    parts = {
        "train": split.train,
        "valid": split.validation.target,
        "test": split.test.target,
    }
    # RecBole halves this into mean and variance: 400 is a code of 200.
    options = ["--latent-dimension", "400", "--anneal-steps", "2000", "--epochs", str(epochs)]
    return run_peer(python, "recbole_vae.py", split, parts, options)


def report(results: dict[str, dict[str, Any]]) -> None:
    peer = results.get("RecBole 1.2.1")
    first = next(iter(results.values()))
    print(f"{first['n_users']:,} users × {first['n_items']:,} items, {first['n_train']:,} training")
    for name, result in results.items():
        epoch, ranking = (typical(result[key], WARM_UP) for key in ("epochs", "evaluate"))
        line = f"{name:<20} epoch {epoch:6.2f} s  ranking {ranking:6.2f} s"
        if peer and result is not peer:
            line += f"  ({typical(peer['epochs'], WARM_UP) / epoch:.1f} and "
            line += f"{typical(peer['evaluate'], WARM_UP) / ranking:.1f} times faster)"
        if "evaluate_by_default" in result:
            line += f"  ({result['evaluate_by_default']:.2f} s with its default eval_batch_size)"
        marks = "  ".join(f"{key} {value:.4f}" for key, value in result["validation"].items())
        print(f"{line}\n{'':<20} {marks}")


if __name__ == "__main__":
    main()
