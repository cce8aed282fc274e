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
from functools import partial
from pathlib import Path
from typing import Any

from benchmarking import markdown, rounds
from benchmarking.processes import HERE, of_checkout, run_json
from benchmarking.rounds import Result, Results, Sides, typical
from benchmarking.splits import load, run_peer, sizes_line
from benchmarking.training import Stopwatch, train

from lrec.evaluation.ranking import Ranker
from lrec.model.vae import VAE
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

WARM_UP = 2  # epochs
RECBOLE = "RecBole 1.2.1"
SAMPLED = 2048  # items that a step of the last side decodes to


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("--recbole", help="python of the environment that has RecBole")
    made.add_argument("--before", type=Path, help="an older checkout of lrec to compare with")
    made.add_argument("--data", help="interactions; without it one million are generated")
    made.add_argument("--epochs", type=int, default=12)
    made.add_argument("--precision", help=argparse.SUPPRESS)
    made.add_argument("--sampled", type=int, help=argparse.SUPPRESS)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    if chosen.precision:  # one side, in a process of its own
        result = run_lrec(chosen.data, chosen.epochs, chosen.precision, chosen.sampled)
        print(json.dumps(result))
        return
    rounds.print_table(sides(chosen), table, chosen)


def sides(chosen: argparse.Namespace) -> Sides:
    """Both precisions of lrec, those of an older checkout, sampled items, and RecBole."""
    options = ["--epochs", str(chosen.epochs)]
    options += ["--data", chosen.data] if chosen.data else []
    made: dict[str, Any] = {}
    for place, checkout in (("lrec", HERE), ("lrec before", chosen.before)):
        for precision in ("float32", "mixed_bfloat16"):
            if checkout:
                words = (sys.executable, __file__, "--precision", precision, *options)
                environment = of_checkout(checkout)
                made[f"{place}, {precision}"] = partial(run_json, *words, environment=environment)
    words = (sys.executable, __file__, "--precision", "mixed_bfloat16", "--sampled", str(SAMPLED))
    name = f"lrec, mixed_bfloat16, {SAMPLED:,} items a step"
    made[name] = partial(run_json, *words, *options, environment=of_checkout(HERE))
    if chosen.recbole:
        made[RECBOLE] = partial(run_recbole, chosen.recbole, chosen.data, chosen.epochs)
    return made


def run_lrec(path: str | None, epochs: int, precision: str, sampled: int | None) -> Result:
    """Train for some epochs; time each and the ranking of all validation users after it."""
    split = load(path)
    strategy = CPU(precision=precision)  # type: ignore[arg-type]
    strategy.start()
    # RecBole multiplies the noise of its code by 0.01, which leaves an autoencoder: so here too.
    sample = {"sampled_items": sampled} if sampled else {}  # an older checkout has no such setting
    model = VAE(hidden_sizes=[600], latent_size=200, beta=0.0, noise=0.01, **sample)
    schedule = Trainer(epochs=epochs, batch_size=500, patience=None, evaluate_steps=1)
    return train(model, schedule, strategy, Stopwatch(split, Ranker(model, 20)))


def run_recbole(python: str, path: str | None, epochs: int) -> Result:
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


def epoch(result: Result) -> float:
    return typical(result["epochs"], WARM_UP)


def ranking(result: Result) -> float:
    return typical(result["evaluate"], WARM_UP)


def table(results: Results) -> str:
    """A row for each side, with RecBole's seconds as multiples of its own."""
    peer = results.get(RECBOLE)
    rows = []
    for name, kept in results.items():
        cells = [markdown.seconds(rounds.median(kept, epoch))]
        cells.append(markdown.times(rounds.ratio(peer, kept, epoch)) if peer else "–")
        cells.append(markdown.seconds(rounds.median(kept, ranking)))
        cells.append(markdown.times(rounds.ratio(peer, kept, ranking)) if peer else "–")
        quality = [
            f"{rounds.median(kept, lambda one, name=name: one['validation'][name]):.4f}"
            for name in ("ndcg@10", "recall@20")
        ]
        rows.append([name, *cells, *quality, markdown.gigabytes(max(o["peak"] for o in kept))])
    heads = ["", "epoch", "RecBole's", "ranking", "RecBole's", "ndcg@10", "recall@20", "peak"]
    lines = [f"{sizes_line(next(iter(results.values()))[0])}:", "", markdown.table(heads, rows)]
    if peer:
        default = markdown.seconds(rounds.median(peer, lambda one: one["evaluate_by_default"]))
        lines += ["", f"RecBole's ranking at its default `eval_batch_size`: {default}."]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
