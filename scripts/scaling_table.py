"""How seconds and memory grow with interactions and items: a table, and fitted exponents.

    python scripts/scaling_table.py --folder outputs/scaling          # hours; docs/scaling.md
    python scripts/scaling_table.py --shapes 1000000x3000 1000000x26744 3000000x26744 --page none

A shape is interactions × items, as `scale_data.ml20m_like` makes them, with as many interactions a
user as MovieLens 20M has. Every stage is a process of its own: loading without a cache, splitting
what the cache has, fitting a model, and ranking a sample of the test users. Its seconds are those
of the stage alone, its memory is the process's at its peak. For each stage, seconds and memory
(beyond what Python and the libraries take) are fitted by c · interactions^a · items^b: least
squares of the logarithms over all shapes, whose sizes are those that were really loaded. What is in
--folder is not measured again. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scale_data
from benchmarking import markdown
from benchmarking.processes import HERE, high_water, run_json

PAGE = HERE / "docs" / "scaling.md"
MARKER = "how cost grows"
SHAPES = ("1000000x26744", "5000000x3000", "5000000x26744", "5000000x400000", "17000000x26744")
BILLION = (1e9, 1e6)  # interactions and items that the fit is asked for
PER_USER = 122.35  # interactions, as in `scale_data.ml20m_like` as it stands
REPEATED = scale_data.RATINGS / 16_944_131  # rows drawn for one that is kept, at 26,744 items
SAMPLE, FITTED = 10_000, 1_000  # test users ranked, users that the ranked network learned from
LEAST = 0.05  # seconds; of less, nothing is fitted
MODELS = ("popularity", "itemknn", "attention")
STAGES = ("load", "split", *(f"fit {name}" for name in MODELS), "rank attention")

Result = dict[str, float]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), help="interactions x items")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--folder", type=Path, default=Path("outputs/scaling"))
    parser.add_argument("--page", type=Path, default=PAGE, help="to write to; none prints only")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--data", help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    if chosen.stage:  # in a process of its own
        print(json.dumps(run_stage(chosen.stage, chosen.data)))
        return
    chosen.folder.mkdir(parents=True, exist_ok=True)
    results = {
        shape: {stage: measured(chosen.folder, shape, stage) for stage in chosen.stages}
        for shape in chosen.shapes
    }
    text = report(results)
    print(text)
    if str(chosen.page) != "none":
        chosen.page.write_text(markdown.between(chosen.page.read_text(), MARKER, text))


def measured(folder: Path, shape: str, stage: str) -> Result:
    """The result of a stage, from the folder if it is there."""
    path = folder / f"{shape}.{stage.replace(' ', '_')}.json"
    if not path.exists():
        data = folder / f"{shape}.parquet"
        if not data.exists():
            make(shape).to_parquet(data, index=False)
        print(f"{shape}: {stage}", file=sys.stderr, flush=True)
        words = ("--stage", stage, "--data", str(data))
        with tempfile.TemporaryDirectory() as fresh:
            cache = fresh if stage == "load" else str(folder / "cache")
            result = run_json(sys.executable, __file__, *words, environment={"LREC_CACHE": cache})
        path.write_text(json.dumps(result) + "\n")
    kept: Result = json.loads(path.read_text())
    return kept


def make(shape: str) -> Any:
    """Interactions of a shape; fewer where a narrow catalogue leaves more pairs repeated."""
    interactions, items = map(int, shape.split("x"))
    users = max(2, round(interactions / PER_USER))
    return scale_data.ml20m_like(users, items, round(interactions * REPEATED)).iloc[:interactions]


def run_stage(stage: str, path: str) -> Result:
    """Seconds of a stage in this process, the size of its data, and memory before it began."""
    from lrec.data.dataset.csv import CSV
    from lrec.data.split.leave_one_out import LeaveOneOut
    from lrec.evaluation.ranking import Ranker
    from lrec.model.attention import Attention
    from lrec.model.common.protocols import StatelessCallback
    from lrec.model.itemknn import ItemKNN
    from lrec.model.popularity import Popularity
    from lrec.training.schedule.standard import Trainer
    from lrec.training.strategy.cpu import CPU

    class Silent(StatelessCallback):
        wants_steps = False

        def on_step_end(self, epoch: int, step: int, steps: int) -> None:
            """Not called, since `wants_steps` is False."""

        def on_epoch_end(self, epoch: int, loss: float) -> float:
            return float(epoch)

    if "attention" in stage:
        import keras  # noqa: F401 - counts as memory of the libraries
    clock = Clock()
    if stage == "load":
        with clock:
            data = CSV(path).load()
        return clock.result(len(data), data.n_items)
    data = CSV(path).load()  # makes the cache, if it is not there yet
    if stage == "split":
        with clock:
            split = LeaveOneOut()(data)
        return clock.result(len(data), data.n_items)
    split = LeaveOneOut()(data)
    kinds = {"popularity": Popularity, "itemknn": ItemKNN, "attention": Attention}
    model = kinds[stage.split()[1]]()
    strategy, schedule = CPU(), Trainer(epochs=1, batch_size=128)
    if model.uses_tensorflow():
        strategy.start()
    if stage.startswith("fit"):
        with clock:
            model.fit(split, schedule, strategy, 1, Silent())
        return clock.result(len(data), data.n_items)
    few = replace(split, train=split.train.take(np.arange(min(FITTED, len(split.train)))))
    model.fit(few, schedule, strategy, 1, Silent())
    draw = np.random.default_rng(1)
    rows = np.sort(draw.permutation(len(split.test))[:SAMPLE])
    queries, ranker = split.test.take(rows), Ranker(model, 20)
    ranker(queries.take(np.arange(1)))  # traces its graph
    with clock:
        ranker(queries)
    return clock.result(len(data), data.n_items)


class Clock:
    """Seconds of a block, and the memory that the process had when it was imported."""

    def __init__(self) -> None:
        self.base = high_water()

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.start

    def result(self, interactions: int, items: int) -> Result:
        sizes = {"interactions": interactions, "items": items}
        return {"seconds": self.seconds, "base": self.base, **sizes}


def report(results: Mapping[str, Mapping[str, Result]]) -> str:
    """The table: a row for each stage, a column for each shape, the exponents and the billion."""
    shapes = [next(iter(of_stages.values())) for of_stages in results.values()]
    heads = ["", *(f"{size(r['interactions'])} × {size(r['items'])}" for r in shapes)]
    heads += ["interactions^", "items^", " × ".join(map(size, BILLION))]
    rows = []
    for stage in next(iter(results.values())):
        of_shapes = [of_stages[stage] for of_stages in results.values()]
        seconds = [result["seconds"] for result in of_shapes]
        memory = [result["peak"] for result in of_shapes]
        base = min(result["base"] for result in of_shapes)
        grown = [max(peak - base, 2**20) for peak in memory]
        for name, values, fitted, shown, constant in (
            (stage, seconds, fit(of_shapes, seconds), markdown.seconds, 0.0),
            ("memory", memory, fit(of_shapes, grown), markdown.gigabytes, base),
        ):
            scale, *exponents = fitted
            cells = [shown(value) for value in values]
            if max(values) < LEAST:
                rows.append([name, *cells, "–", "–", "–"])
                continue
            billion = constant + scale * np.prod(np.power(BILLION, exponents))
            rows.append([name, *cells, *(f"{e:z.2f}" for e in exponents), duration(shown, billion)])
    return markdown.table(heads, rows)


def fit(results: Sequence[Result], values: Sequence[float]) -> tuple[float, float, float]:
    """c, a and b of values ≈ c · interactions^a · items^b, by least squares of the logarithms.

    What the shapes do not vary gets the exponent 0.
    """
    sizes = np.log([[r["interactions"], r["items"]] for r in results])
    mean, target = sizes.mean(axis=0), np.log(values)
    exponents = np.linalg.lstsq(sizes - mean, target - target.mean(), rcond=1e-6)[0]
    scale = np.exp(target.mean() - mean @ exponents)
    return float(scale), float(exponents[0]), float(exponents[1])


def size(number: float) -> str:
    """A number of interactions or items in two or three digits.

    >>> size(16_944_131), size(26_744), size(900), size(1e9)
    ('16.9 M', '26.7 k', '900', '1,000 M')
    """
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:,.1f}".removesuffix(".0") + name
    return f"{number:.0f}"


def duration(shown: Any, value: float) -> str:
    """Seconds beyond two hours in hours, and all else as it is shown."""
    if shown is markdown.seconds and value > 7200:
        return f"{value / 3600:,.0f} h"
    text: str = shown(value)
    return text


if __name__ == "__main__":
    main()
