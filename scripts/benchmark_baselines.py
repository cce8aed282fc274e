"""Time to fit EASE and ItemKNN in lrec and in other libraries, on the same data, machine and run.

    python scripts/benchmark_baselines.py --data interactions.csv.gz --python peers-venv/bin/python
    python scripts/benchmark_baselines.py --python …          # 1 M generated interactions
    python scripts/benchmark_baselines.py --model itemknn …   # EASE takes minutes with some

The peers (implicit, RecTools, LensKit) need environments of their own: scripts/peers/baselines.py
says which, and each environment times those that it has. All see the same binary training matrix
of the leave-one-out split, on as many threads as they take by themselves. Reading and converting
the data is not timed; what a library does within its own `fit` or `train` is. Seconds are the
median of the repeats. The probe is the sum of the ten best scores for one history: where it is
equal, so are the models.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from harness import PEERS, load, run_json

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.ease import EASE
from lrec.model.itemknn import ItemKNN

REGULARISATION, NEIGHBOURS = 50.0, 100
PROBE = list(range(10))  # a history, in item codes


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", help="interactions; without it one million are generated")
    parser.add_argument("--python", nargs="+", default=[], help="of the peers' environments")
    parser.add_argument("--model", nargs="+", default=["itemknn", "ease"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pairs", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.pairs:  # in a process of its own
        print(json.dumps(run_lrec(Path(arguments.pairs), arguments.model, arguments.repeats)))
        return
    split = load(arguments.data)
    train = split.train
    print(
        f"{len(train):,} users × {split.catalogue.n_items:,} items, {len(train.item):,} training, "
        f"{os.cpu_count()} cores"
    )
    results: dict[str, dict[str, Any]] = {}
    with TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.npz"
        np.savez(pairs, offsets=train.offsets, item=train.item)
        options = ["--model", *arguments.model, "--repeats", str(arguments.repeats)]
        options += ["--pairs", str(pairs)]
        results |= run_json(sys.executable, __file__, *options)
        for python in arguments.python:
            results |= run_json(python, PEERS / "baselines.py", *options)
    report(results, arguments.model)


def run_lrec(pairs: Path, models: list[str], repeats: int) -> dict[str, Any]:
    """Seconds of each fit, and the ten best scores of the probe."""
    with np.load(pairs) as stored:
        offsets, item = stored["offsets"], stored["item"]
    train = Histories(np.arange(len(offsets) - 1, dtype=np.int32), offsets, item)
    popularity = np.bincount(item)
    catalogue = Catalogue(
        np.arange(len(popularity)).astype(str), popularity, popularity, len(train)
    )
    nothing: Any = None
    split = Split(train, nothing, nothing, catalogue, np.array([]), {})
    results = {}
    for name in models:
        seconds = []
        for _ in range(repeats):
            model: Model = (
                EASE(REGULARISATION) if name == "ease" else ItemKNN(NEIGHBOURS, shrink=0.0)
            )
            start = time.perf_counter()
            model.fit(split, nothing, nothing, 1, nothing)
            seconds.append(time.perf_counter() - start)
        best = np.sort(model.score(Histories.of([PROBE]))[0])[-10:]
        results[f"{name} lrec"] = {"seconds": seconds, "probe": float(best.sum())}
    return results


def report(results: dict[str, dict[str, Any]], models: list[str]) -> None:
    for model in models:
        own = statistics.median(results[f"{model} lrec"]["seconds"])
        for name, result in results.items():
            if name.startswith(f"{model} "):
                seconds = statistics.median(result["seconds"])
                probe = result.get("probe")
                line = f"{name:<32} {seconds:8.2f} s  ({seconds / own:5.1f} times lrec's)"
                print(line + (f"  probe {probe:.4f}" if probe is not None else ""))


if __name__ == "__main__":
    main()
