"""Speed of a causal transformer in lrec, and of SASRec in RecTools and RecBole, on the same split.

    python scripts/benchmark_attention.py --data interactions.csv.gz        # lrec alone
    python scripts/benchmark_attention.py --rectools rectools-venv/bin/python --data …
    python scripts/benchmark_attention.py --recbole recbole-venv/bin/python --data …    # hours

The peers need environments of their own: see scripts/peers/rectools_sasrec.py and recbole_vae.py.

RecTools has the same model: width 64, one block, one head, length 50, dropout .2, batches of 128,
Adam at .001, and scores that are cosines over a temperature of .1. It is trained by the same losses
as lrec: cross-entropy over the whole catalogue, and over sampled items. Of those lrec draws 1,024
that all predictions of a batch share; RecTools draws for each prediction, and --negatives of them
(256) are about what memory holds. RecBole has its own settings, which are printed: it trains on
each prefix of a history by itself, padded to 50 items, against the whole catalogue.

All rank the whole catalogue after every epoch for the same validation users, without the training
items. What is compared is the time to a quality: the clock runs from the start of training, over
training and ranking, to the first epoch whose ndcg@10 is as good as the best that both sides reach,
and to the first that is as good as nine tenths of it. Preparing the data is on nobody's clock. The
row `padded` is lrec's model with every history padded to 50 items, which changes nothing but the
cost. Seconds are medians over the epochs after the first, which pays for tracing and memory.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarking import markdown, rounds
from benchmarking.padded import Padded
from benchmarking.processes import HERE, of_checkout, run_json
from benchmarking.rounds import Result, Results, Sides, typical
from benchmarking.splits import load_in_catalogue, run_peer, sizes_line
from benchmarking.training import Stopwatch, train

from lrec.evaluation.ranking import Ranker
from lrec.model.attention import Attention
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

LOSSES = ("sampled_softmax", "softmax")
LREC, PADDED, BEFORE = "lrec", "lrec padded", "lrec before"
HALF = "lrec mixed_bfloat16"
RECTOOLS, RECBOLE = "RecTools SASRec", "RecBole SASRec"
MODEL: dict[str, Any] = {"embedding_size": 64, "max_length": 50}
BATCH_SIZE = 128
PADDED_EPOCHS = 5  # enough for a median
WARM_UP = 1  # epochs
GOALS = (0.9, 1.0)  # shares of the best quality that both sides reach


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("--rectools", help="python of the environment that has RecTools")
    made.add_argument("--recbole", help="python of the environment that has RecBole")
    made.add_argument("--before", type=Path, help="an older checkout of lrec to compare with")
    made.add_argument("--data", help="interactions; without it one million are generated")
    made.add_argument("--epochs", type=int, default=20, help="of lrec")
    made.add_argument("--rectools-epochs", type=int, default=10)
    made.add_argument("--recbole-epochs", type=int, default=3)
    made.add_argument("--negatives", type=int, default=256, help="of RecTools, a prediction")
    made.add_argument("--losses", nargs="+", choices=LOSSES, default=list(LOSSES))
    made.add_argument("--side", choices=[LREC, HALF, PADDED], help=argparse.SUPPRESS)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    if chosen.side:  # in a process of its own
        result = run_lrec(chosen.data, chosen.epochs, chosen.side, chosen.losses[0])
        print(json.dumps(result))
        return
    rounds.print_table(sides(chosen), table, chosen)


def sides(chosen: argparse.Namespace) -> Sides:
    """Every side with every loss, by `<side>, <loss>`."""
    made: dict[str, Any] = {}
    for loss in chosen.losses:
        padded = min(chosen.epochs, PADDED_EPOCHS) if loss == LOSSES[0] else 0
        for name, checkout, epochs in (
            (LREC, HERE, chosen.epochs),
            (HALF, HERE, chosen.epochs),
            (PADDED, HERE, padded),
            (BEFORE, chosen.before, chosen.epochs),
        ):
            if checkout and epochs:
                side = LREC if name == BEFORE else name
                words = ["--side", side, "--epochs", str(epochs), "--losses", loss]
                words += ["--data", chosen.data] if chosen.data else []
                command = (sys.executable, __file__, *words)
                environment = of_checkout(checkout)
                made[f"{name}, {loss}"] = partial(run_json, *command, environment=environment)
        if chosen.rectools:
            options = ["--loss", loss, "--epochs", str(chosen.rectools_epochs)]
            options += ["--negatives", str(chosen.negatives)]
            peer = (chosen.rectools, "rectools_sasrec.py", chosen.data, options)
            made[f"{RECTOOLS}, {loss}"] = partial(run_sasrec, *peer)
    if chosen.recbole:
        options = ["--epochs", str(chosen.recbole_epochs)]
        peer = (chosen.recbole, "recbole_sasrec.py", chosen.data, options)
        made[f"{RECBOLE}, softmax"] = partial(run_sasrec, *peer)
    return made


def run_lrec(path: str | None, epochs: int, side: str, loss: str) -> Result:
    """Train for some epochs; time each and the ranking of all validation users after it."""
    split = load_in_catalogue(path)
    strategy = CPU(precision="mixed_bfloat16" if side == HALF else "float32")
    strategy.start()
    model = (Padded if side == PADDED else Attention)(**MODEL, loss=loss)
    schedule = Trainer(epochs=epochs, batch_size=BATCH_SIZE, patience=None, evaluate_steps=1)
    result = train(model, schedule, strategy, Stopwatch(split, Ranker(model, 20)))
    return result | {"settings": settings(schedule, loss)}


def settings(schedule: Trainer, loss: str) -> dict[str, Any]:
    """The settings of the model and its training, by name."""
    parameters = inspect.signature(Attention).parameters
    chosen = {name: parameter.default for name, parameter in parameters.items()}
    names = ("optimizer", "learning_rate", "batch_size")
    return chosen | MODEL | {"loss": loss} | {name: getattr(schedule, name) for name in names}


def run_sasrec(python: str, script: str, path: str | None, options: Sequence[str]) -> Result:
    """The same split as files, trained and ranked by a peer in its own environment."""
    split = load_in_catalogue(path)
    parts = {"train": split.train, "valid": split.validation.target}
    return run_peer(python, script, split, parts, options)


def reached(result: Result, value: float) -> float | None:
    """Seconds from the start to the first epoch with this ndcg@10, if there is one."""
    course = zip(result["clock"], result["ndcg@10"], strict=True)
    return next((seconds for seconds, ndcg in course if ndcg >= value), None)


def table(results: Results) -> str:
    """A row for each side, the races between lrec and each other side, and the settings."""
    rows = []
    for name, kept in results.items():
        cells = [
            markdown.seconds(rounds.median(kept, lambda one, key=key: typical(one[key], WARM_UP)))
            for key in ("epochs", "evaluate")
        ]
        best = f"{max(max(one['ndcg@10']) for one in kept):.4f} in {len(kept[0]['epochs'])} epochs"
        rows.append([name, *cells, best, markdown.gigabytes(max(o["peak"] for o in kept))])
    own = next(iter(results.values()))[0]
    lines = [f"{sizes_line(own)}, {own['n_validation']:,} validation users:", ""]
    lines += [markdown.table(["", "epoch", "ranking", "best ndcg@10", "peak"], rows), ""]
    lines += [*races(results), ""]
    for name, kept in results.items():
        chosen = ", ".join(f"{key} {value}" for key, value in kept[0]["settings"].items())
        lines.append(f"- {name}: {chosen}")
    return "\n".join(lines)


def races(results: Results) -> list[str]:
    """Of each other side the times to the best quality that it and lrec both reach, and near it."""
    lines = []
    for name, kept in results.items():
        side, _, loss = name.rpartition(", ")
        for racer in (LREC, HALF):
            own = results.get(f"{racer}, {loss}")
            if side in (LREC, HALF, PADDED) or own is None:
                continue
            both = list(zip(kept, own, strict=False))  # one may have been measured in fewer rounds
            best = min(max(one["ndcg@10"]) for pair in both for one in pair)
            for goal in (share * best for share in GOALS):
                times = [[reached(one, goal) for one in pair] for pair in both]
                theirs, ours = (sum(column) / len(column) for column in zip(*times, strict=True))
                lines.append(
                    f"- To ndcg@10 {goal:.4f} by {loss}: {side} {markdown.seconds(theirs)}, "
                    f"{racer} {markdown.seconds(ours)}: {markdown.times(theirs / ours)}"
                )
    return lines


if __name__ == "__main__":
    main()
