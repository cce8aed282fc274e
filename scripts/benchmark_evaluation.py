"""Time to evaluate ranked lists in lrec and in LensKit, on the same lists.

    python scripts/benchmark_evaluation.py --lenskit peers-venv/bin/python     # 1 M generated

The lists are 20 items for every validation user by ItemKNN. Timed are five metrics at 10: ndcg,
recall, hit, reciprocal rank and precision, of every user, and their means. LensKit's lists become
its own collection first, which is timed by itself. Its environment: scripts/peers/baselines.py.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarking import markdown, rounds
from benchmarking.processes import HERE, PEERS, of_checkout, run_json
from benchmarking.rounds import Result, Results, Sides
from benchmarking.splits import load_in_catalogue, sizes

from lrec.evaluation.metric import Lists
from lrec.evaluation.metric.hit import Hit
from lrec.evaluation.metric.mrr import MRR
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.precision import Precision
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.ranking import Ranker
from lrec.model.itemknn import ItemKNN

METRICS = {"ndcg": NDCG, "recall": Recall, "hit": Hit, "mrr": MRR, "precision": Precision}
K = 10


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("--data", help="interactions; without it one million are generated")
    made.add_argument("--lenskit", help="python of the environment that has LensKit")
    made.add_argument("--before", type=Path, help="an older checkout of lrec to compare with")
    made.add_argument("--repeats", type=int, default=5)
    made.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    if chosen.side:  # in a process of its own
        print(json.dumps(run_lrec(chosen.data, chosen.repeats)))
        return
    rounds.print_table(sides(chosen), table, chosen)


def sides(chosen: argparse.Namespace) -> Sides:
    """This checkout, an older one, and LensKit."""
    options = ["--side", "--repeats", str(chosen.repeats)]
    options += ["--data", chosen.data] if chosen.data else []
    made: dict[str, Any] = {}
    for name, checkout in (("lrec", HERE), ("lrec before", chosen.before)):
        if checkout:
            command = (sys.executable, __file__, *options)
            made[name] = partial(run_json, *command, environment=of_checkout(checkout))
    if chosen.lenskit:
        made["LensKit"] = partial(run_lenskit, chosen.lenskit, chosen.data, chosen.repeats)
    return made


def ranked(path: str | None) -> tuple[Lists, dict[str, int]]:
    """The lists, and the sizes of the data."""
    split = load_in_catalogue(path)
    model, nothing = ItemKNN(), None
    model.fit(split, nothing, nothing, 1, nothing)  # type: ignore[arg-type]
    queries = split.validation
    ranking = Ranker(model, 20)(queries)
    own = (ranking.items, queries.target, queries.history, ranking.is_personalised)
    return Lists(*own, split.catalogue), sizes(split)


def run_lrec(path: str | None, repeats: int) -> Result:
    """Seconds of each repeat, and the means."""
    lists, counts = ranked(path)
    seconds = []
    for _ in range(repeats):
        fresh = Lists(
            lists.items, lists.target, lists.history, lists.is_personalised, lists.catalogue
        )
        start = time.perf_counter()
        means = {name: float(metric()(fresh, K).mean()) for name, metric in METRICS.items()}
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "means": means, "lists": len(lists), **counts}


def run_lenskit(python: str, path: str | None, repeats: int) -> Result:
    """The same lists in LensKit's own environment."""
    lists, counts = ranked(path)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "lists.npz"
        target = lists.target
        np.savez(file, items=lists.items, row=target.row, item=target.item)
        options = ["--lists", str(file), "--repeats", str(repeats)]
        return run_json(python, PEERS / "lenskit_evaluation.py", *options) | counts


def table(results: Results) -> str:
    """A row for each side, with the times of lrec's seconds."""
    own = results["lrec"]
    rows = []
    for name, kept in results.items():
        cells = [markdown.seconds(rounds.median(kept, measuring))]
        cells.append(markdown.times(rounds.ratio(kept, own, measuring)))
        collecting = kept[0].get("collecting")
        cells.append(markdown.seconds(collecting and statistics.median(collecting)))
        cells += [f"{kept[0]['means'][metric]:.4f}" for metric in METRICS]
        rows.append([name, *cells])
    heads = ["", "five metrics", "lrec's", "making a collection", *METRICS]
    return f"{own[0]['lists']:,} lists of 20:\n\n{markdown.table(heads, rows)}"


def measuring(result: Result) -> float:
    return statistics.median(result["seconds"])


if __name__ == "__main__":
    main()
