"""Speed of a causal transformer in lrec, and of SASRec in RecBole 1.2.1, on the same split.

    python scripts/benchmark_attention.py --data interactions.csv.gz       # lrec alone
    python scripts/benchmark_attention.py --recbole recbole-venv/bin/python --data …
    python scripts/benchmark_attention.py --recbole … --recbole-epochs 2   # 1 M generated: hours

RecBole needs an environment of its own: see scripts/peers/recbole_vae.py. Each side has its own
model with its own settings, which are printed. lrec trains on a history in one pass, from every
position to the next, against sampled items; RecBole on each prefix of a history by itself,
padded to 50 items, against the whole catalogue. So what is compared is the time to a quality:
both rank the whole catalogue after every epoch for the same validation users, without the training
items, and the clock runs from the start of training, over training and ranking, to the epoch whose
ndcg@10 is as good as RecBole's. RecBole's preparation of the data is not on its clock.

The middle row is lrec's model once more, trained with every history padded to 50 items, which
changes nothing but the cost; it ranks as the first does. Seconds are medians over the epochs after
the first, which pays for tracing and memory. The last line has all that was measured, as JSON.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from harness import Stopwatch, load, run_json, run_peer, train, typical

from lrec.data.queries import Split
from lrec.evaluation.ranking import Ranker
from lrec.model.attention import Attention
from lrec.model.common.neural import Tensor
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

LREC, PADDED, RECBOLE = "lrec", "lrec padded", "RecBole 1.2.1"
MODEL: dict[str, Any] = {"embedding_size": 64, "max_length": 50, "loss": "sampled_softmax"}
BATCH_SIZE = 128
PADDED_EPOCHS = 5  # enough for a median
WARM_UP = 1  # epochs


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recbole", help="python of the environment that has RecBole")
    parser.add_argument("--data", help="interactions; without it one million are generated")
    parser.add_argument("--epochs", type=int, default=30, help="of lrec")
    parser.add_argument("--recbole-epochs", type=int, default=3)
    parser.add_argument("--side", choices=[LREC, PADDED], help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.side:  # in a process of its own
        print(json.dumps(run_lrec(arguments.data, arguments.epochs, arguments.side)))
        return
    results = {}
    for side, epochs in ((LREC, arguments.epochs), (PADDED, min(arguments.epochs, PADDED_EPOCHS))):
        options = ["--side", side, "--epochs", str(epochs)]
        options += ["--data", arguments.data] if arguments.data else []
        results[side] = run_json(sys.executable, __file__, *options)
    if arguments.recbole:
        epochs = arguments.recbole_epochs
        results[RECBOLE] = run_recbole(arguments.recbole, arguments.data, epochs)
    report(results)
    print(json.dumps(results))


def load_in_catalogue(path: str | None) -> Split:
    """The split that all sides see, without targets outside the catalogue, which RecBole lacks."""
    split = load(path)
    known = split.validation.target.item < split.catalogue.n_items
    return replace(split, validation=split.validation.take(np.flatnonzero(known)))


def run_lrec(path: str | None, epochs: int, side: str) -> dict[str, Any]:
    """Train for some epochs; time each and the ranking of all validation users after it."""
    split = load_in_catalogue(path)
    strategy = CPU()
    strategy.start()
    model = (Padded if side == PADDED else Attention)(**MODEL)
    schedule = Trainer(epochs=epochs, batch_size=BATCH_SIZE, patience=None, evaluate_steps=1)
    course = Course(split, Ranker(model, 20))
    return train(model, schedule, strategy, course) | {
        "settings": settings(schedule),
        "ndcg@10": course.ndcg,
        "clock": course.clock,
        "n_validation": len(split.validation),
    }


def settings(schedule: Trainer) -> dict[str, Any]:
    """The settings of the model and its training, by name."""
    parameters = inspect.signature(Attention).parameters
    chosen = {name: parameter.default for name, parameter in parameters.items()} | MODEL
    names = ("optimizer", "learning_rate", "batch_size")
    return chosen | {name: getattr(schedule, name) for name in names}


class Course(Stopwatch):
    """The quality after each epoch, too, and when it was reached."""

    def __init__(self, split: Split, ranker: Ranker) -> None:
        super().__init__(split, ranker)
        self.begun = self.start
        self.ndcg: list[float] = []
        self.clock: list[float] = []

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        value = super().on_epoch_end(epoch, loss)
        self.ndcg.append(self.quality["ndcg@10"])
        self.clock.append(time.perf_counter() - self.begun)
        return value


class Padded(Attention):
    """Training on rows of `max_length` items, short histories padded with the first item.

    The padding stands behind the real items, which attend backwards only, and its predictions have
    no weight: the model that is trained is the same.
    """

    def prepare(self, split: Split) -> int:
        n_examples = super().prepare(split)
        self.rows = self.histories.to_tensor(0, shape=[None, self.max_length + 1])
        self.real = self.histories.row_lengths() - 1
        return n_examples

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        rows, real = tf.gather(self.rows, examples), tf.gather(self.real, examples)
        inputs, targets = rows[:, :-1], tf.reshape(rows[:, 1:], [-1])
        batch = self.batch_items(tf.reshape(inputs, [-1]), targets)
        layout = padded_layout(inputs, real)
        states = self.encoder(batch.tokens, layout=layout, training=True)
        weights = tf.reshape(tf.sequence_mask(real, self.max_length, tf.float32), [-1])
        return self.history_losses(states, batch, layout.row, tf.size(real), weights)


def padded_layout(inputs: Tensor, real: Tensor) -> Any:
    """The layout of padded rows; the `real` items keep the positions that they have without."""
    import tensorflow as tf

    from lrec.model.layers.layout import Layout

    class PaddedLayout(Layout):
        @property
        def from_end(self) -> Tensor:
            return tf.maximum(tf.gather(real, self.row) - 1 - self.position, 0)

    return PaddedLayout.of(tf.RaggedTensor.from_tensor(inputs))


def run_recbole(python: str, path: str | None, epochs: int) -> dict[str, Any]:
    """The same split as files, trained and ranked by RecBole in its own environment."""
    split = load_in_catalogue(path)
    parts = {"train": split.train, "valid": split.validation.target}
    return run_peer(python, "recbole_sasrec.py", split, parts, ["--epochs", str(epochs)])


def reached(result: dict[str, Any], value: float) -> float | None:
    """Seconds from the start to the first epoch with this ndcg@10, if there is one."""
    course = zip(result["clock"], result["ndcg@10"], strict=True)
    return next((seconds for seconds, ndcg in course if ndcg >= value), None)


def report(results: dict[str, dict[str, Any]]) -> None:
    own = results[LREC]
    sizes = f"{own['n_users']:,} users × {own['n_items']:,} items, {own['n_train']:,} training, "
    print(f"{sizes}{own['n_validation']:,} validation")
    for name in (LREC, RECBOLE):
        if name in results:
            chosen = ", ".join(f"{key} {value}" for key, value in results[name]["settings"].items())
            print(f"{name}: {chosen}")
    for name, result in results.items():
        epoch, ranking = (typical(result[key], WARM_UP) for key in ("epochs", "evaluate"))
        line = f"{name:<14} epoch {epoch:8.2f} s  ranking {ranking:6.2f} s"
        line += f"  best ndcg@10 {max(result['ndcg@10']):.4f} in {len(result['epochs'])} epochs"
        if result is not own:
            line += f"  ({epoch / typical(own['epochs'], WARM_UP):.1f} and "
            line += f"{ranking / typical(own['evaluate'], WARM_UP):.1f} times lrec's seconds)"
        print(line)
    if RECBOLE in results:
        report_race(own, results[RECBOLE])


def report_race(own: dict[str, Any], peer: dict[str, Any]) -> None:
    for seconds, value in zip(peer["clock"], peer["ndcg@10"], strict=True):
        line = f"RecBole reaches NDCG@10 {value:.4f} after {seconds:.1f} s; lrec "
        first = reached(own, value)
        if first is None:
            line += f"does not within {len(own['clock'])} epochs, {own['clock'][-1]:.1f} s"
        else:
            line += f"after {first:.1f} s: {seconds / first:.1f} times"
        print(line)


if __name__ == "__main__":
    main()
