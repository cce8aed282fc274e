"""CPU time to rank with a blend, beside that of its members alone, on the same users.

    python scripts/benchmark_blend.py                                  # 1 M generated
    python scripts/benchmark_blend.py --data interactions.csv.gz --users 4000
    python scripts/benchmark_blend.py --members ease rp3beta           # of those below

Members and blend take turns; times are medians of the repeats, in CPU seconds of all threads, so
that what else runs on the machine weighs little. The blend has equal weights, and the scales that
such members usually get.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from benchmarking import markdown
from benchmarking.splits import load, sizes, sizes_line

from lrec.data.queries import Queries, Split
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.model.blend.blended import Blend
from lrec.model.blend.mixture import Mixture
from lrec.model.blend.probabilities import ScoreScale

TARGETS = {
    "ease": "lrec.model.ease.EASE",
    "itemknn": "lrec.model.itemknn.ItemKNN",
    "rp3beta": "lrec.model.rp3beta.RP3Beta",
    "popularity": "lrec.model.popularity.Popularity",
}
SCALES = {
    "ease": ScoreScale("exponential", 8.0, 0.3),
    "itemknn": ScoreScale("power", 1.0, 1.0),
    "rp3beta": ScoreScale("power", 0.7, 1.0),
    "popularity": ScoreScale("power", 0.7, 1.0),
}
K = 10


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--data", help="interactions; without it one million are generated")
    made.add_argument("--users", type=int, default=4000, help="who are ranked for, at most")
    made.add_argument("--members", nargs="+", default=["ease", "itemknn", "popularity"])
    made.add_argument("--repeats", type=int, default=5)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    split = load(chosen.data)
    blend = blend_of(split, chosen.members)
    queries = split.test.take(np.arange(min(chosen.users, len(split.test))))
    models = {**blend.members, "blend": blend}
    found = measure(models, queries, chosen.repeats)
    result = {"seconds": found, "queries": len(queries), **sizes(split)}
    print(table(result))
    print(json.dumps(result))


def blend_of(split: Split, names: Sequence[str]) -> Blend:
    """Trained members with equal weights."""
    blend = Blend({name: {"_target_": TARGETS[name]} for name in names})
    nothing: Any = None
    for member in blend.members.values():
        member.fit(split, nothing, nothing, 1, nothing)
    blend.hand_over(blend.members)
    blend.mixture = Mixture(np.zeros(len(names)), np.zeros(len(names)), 1, 50)
    blend.scales = [SCALES[name] for name in names]
    return blend


def measure(models: Mapping[str, Model], queries: Queries, repeats: int) -> dict[str, list[float]]:
    """CPU seconds of each repeat, after one that is not counted."""
    rank: dict[str, Callable[[Queries], Any]] = {
        name: Ranker(model, K) for name, model in models.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for repeat in range(repeats + 1):
        for name in models:
            start = time.process_time()
            rank[name](queries)
            if repeat:
                seconds[name].append(time.process_time() - start)
    return seconds


def table(result: Mapping[str, Any]) -> str:
    """A row for each model, and the blend's share of the sum of its members."""
    typical = {name: statistics.median(own) for name, own in result["seconds"].items()}
    rows = [[name, f"{1e6 * own / result['queries']:.1f}"] for name, own in typical.items()]
    alone = sum(own for name, own in typical.items() if name != "blend")
    shown = markdown.table(["", "µs a user"], rows)
    share = typical["blend"] / max(alone, 1e-9)
    return f"{sizes_line(result)}:\n\n{shown}\n\nblend: {share:.2f} of the sum of its members"


if __name__ == "__main__":
    main()
