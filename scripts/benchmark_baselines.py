"""Time to fit EASE, ItemKNN and iALS in lrec and in other libraries, on the same data and machine.

    python scripts/benchmark_baselines.py --python peers-venv/bin/python    # 1 M generated
    python scripts/benchmark_baselines.py --data interactions.csv.gz --python …
    python scripts/benchmark_baselines.py --model itemknn …   # EASE takes minutes with some

The peers (implicit, LensKit, RecTools) need environments of their own: scripts/peers/baselines.py
says which, and each environment times those that it has. All see the same binary training matrix
of the leave-one-out split, on as many threads as they take by themselves. Reading and converting
the data is not timed; what a library does within its own `fit` or `train` is. Seconds are the
median of the repeats. The probe is the sum of the ten best scores for one history: where it is
equal, so are the models. Matrix factorisations begin at random and are solved differently, so they
are judged by ndcg@10 on the validation part.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import scipy.sparse as sp
from benchmarking import markdown, rounds
from benchmarking.processes import HERE, PEERS, of_checkout, run_json
from benchmarking.rounds import Result, Results, Sides
from benchmarking.splits import load_in_catalogue, sizes, sizes_line
from peers import baselines as peers

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.ease import EASE
from lrec.model.ials import IALS
from lrec.model.itemknn import ItemKNN

MODELS: dict[str, Callable[[], Model]] = {
    "itemknn": lambda: ItemKNN(peers.NEIGHBOURS, shrink=0.0),
    "ease": lambda: EASE(peers.REGULARISATION),
    "ials": lambda: IALS(peers.FACTORS, peers.ITERATIONS, peers.ALPHA, peers.PENALTY),
}


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("--data", help="interactions; without it one million are generated")
    made.add_argument("--python", nargs="+", default=[], help="of the peers' environments")
    made.add_argument("--before", type=Path, help="an older checkout of lrec to compare with")
    made.add_argument("--model", nargs="+", default=list(MODELS))
    made.add_argument("--repeats", type=int, default=3)
    made.add_argument("--pairs", type=Path, help=argparse.SUPPRESS)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    if chosen.pairs:  # in a process of its own
        print(json.dumps(run_lrec(chosen.pairs, chosen.model, chosen.repeats)))
        return
    rounds.print_table(sides(chosen), table, chosen)


def sides(chosen: argparse.Namespace) -> Sides:
    """Every environment, which fits all models that it has."""
    made = {"lrec": partial(run_side, chosen, sys.executable, __file__, HERE)}
    if chosen.before:
        made["lrec before"] = partial(run_side, chosen, sys.executable, __file__, chosen.before)
    for python in chosen.python:
        name = Path(python).absolute().parent.parent.name
        made[name] = partial(run_side, chosen, python, PEERS / "baselines.py", None)
    return made


def run_side(
    chosen: argparse.Namespace, python: str, script: str | Path, checkout: Path | None
) -> Result:
    """What a script says of all models, by `<model> <library>`, and the sizes of the data."""
    split = load_in_catalogue(chosen.data)
    with TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.npz"
        save_pairs(pairs, split)
        options = ["--model", *chosen.model, "--repeats", str(chosen.repeats)]
        environment = of_checkout(checkout) if checkout else {}
        found = run_json(python, script, *options, "--pairs", str(pairs), environment=environment)
    return {"models": found, **sizes(split)}


def save_pairs(path: Path, split: Split) -> None:
    """Histories, and of each user the first validation target; -1 where there is none."""
    target = np.full(len(split.train), -1)
    asked = split.validation.target
    place = np.searchsorted(split.train.user, asked.user)
    known = split.train.user[place.clip(max=len(target) - 1)] == asked.user
    target[place[known]] = asked.item[asked.offsets[:-1]][known]
    np.savez(path, offsets=split.train.offsets, item=split.train.item, target=target)


def run_lrec(pairs: Path, models: Sequence[str], repeats: int) -> dict[str, Any]:
    """Seconds of each fit, and what tells that models are the same, or as good."""
    with np.load(pairs) as stored:
        offsets, item, target = stored["offsets"], stored["item"], stored["target"]
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
            model = MODELS[name]()
            start = time.perf_counter()
            model.fit(split, nothing, nothing, 1, nothing)
            seconds.append(time.perf_counter() - start)
        results[f"{name} lrec"] = {"seconds": seconds} | judged(model, train, target)
    return results


def judged(model: Model, train: Histories, target: np.ndarray) -> dict[str, float]:
    """The probe's ten best scores; of a factorisation the ndcg@10."""
    if not isinstance(model, IALS):
        best = np.sort(np.asarray(model.score(Histories.of([peers.PROBE])))[0])[-10:]
        return {"probe": float(best.sum())}
    ones = np.ones(len(train.item), np.float32)
    shape = len(train), model.catalogue.n_items
    matrix = sp.csr_matrix((ones, train.item, train.offsets), shape=shape)
    score = lambda rows: np.asarray(model.score(train.take(rows)))  # noqa: E731
    return {"ndcg@10": peers.ndcg(score, matrix, target)}


def table(results: Results) -> str:
    """A row for each model and library, with the times of lrec's seconds."""
    found: dict[str, list[Result]] = {}
    for side, kept in results.items():
        for name in kept[0]["models"]:
            label = f"{name} before" if side == "lrec before" else name
            found.setdefault(label, [one["models"][name] for one in kept if name in one["models"]])
    rows = []
    for model in MODELS:
        own = found.get(f"{model} lrec")
        for name, kept in found.items():
            if not isinstance(kept[0], dict) or name.partition(" ")[0] != model or own is None:
                continue
            cells = [markdown.seconds(rounds.median(kept, fitting))]
            cells.append(markdown.times(rounds.ratio(kept, own, fitting)))
            cells += [f"{kept[0][key]:.4f}" if key in kept[0] else "–" for key in JUDGED]
            rows.append([name, *cells])
    own = next(iter(results.values()))[0]
    shown = markdown.table(["", "fit", "lrec's", *JUDGED], rows)
    return f"{sizes_line(own)}:\n\n{shown}"


JUDGED = ("probe", "ndcg@10")


def fitting(result: Result) -> float:
    return statistics.median(result["seconds"])


if __name__ == "__main__":
    main()
