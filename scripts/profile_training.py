"""Milliseconds of a training step by kind of operation, as a Markdown table.

    python scripts/profile_training.py                                     # one million generated
    python scripts/profile_training.py --data interactions.csv.gz --models vae attention

Models and batches have their defaults, the VAE of the paper 600-200 and 500. The time of a step is
the median after the first ones. TensorFlow's profiler gives the durations of its operations, in
proportion to which it is divided: operations that run beside one another share it. On a busy
machine the shares mean more than the milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarking.splits import load

from lrec.data.queries import Split
from lrec.model.attention import Attention
from lrec.model.common.neural import NeuralModel
from lrec.model.common.protocols import StatelessCallback
from lrec.model.dense import Dense
from lrec.model.vae import VAE
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

BATCH_SIZE = {"vae": 500, "attention": 128, "dense": 1024}
WARM_UP = 4  # steps before the profile
# Kinds of operations by what their names have in them; the first that fits counts.
KINDS = {
    "sums and reads of rows": ("Gather", "Segment", "SparseMatrix", "SparseTensor", "Bincount"),
    "matrix products": ("MatMul",),
    "Adam": ("Adam", "Scatter"),
    "random numbers": ("Random",),
    "softmax, sums and maxima": ("Softmax", "Sum", "Max", "Exp", "Log", "BiasAddGrad"),
    "other, by element": ("",),
}


class EnoughError(Exception):
    """The steps that were wanted are done."""


class StepProfile(StatelessCallback):
    """Times of some steps, and a profile of those after the warm-up.

    Attributes:
        seconds: of each step after the warm-up.
    """

    wants_steps = True

    def __init__(self, steps: int, folder: Path) -> None:
        self.steps = steps
        self.folder = folder
        self.done = 0
        self.seconds: list[float] = []
        self.last = 0.0

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        import tensorflow as tf

        now = time.perf_counter()
        if self.done == WARM_UP:
            tf.profiler.experimental.start(str(self.folder))
        elif self.done > WARM_UP:
            self.seconds.append(now - self.last)
        if len(self.seconds) == self.steps:
            tf.profiler.experimental.stop()
            raise EnoughError
        self.done += 1
        self.last = time.perf_counter()

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        return float(epoch)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", help="interactions; without it one million are generated")
    parser.add_argument("--models", nargs="+", choices=list(BATCH_SIZE), default=list(BATCH_SIZE))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    arguments = parser.parse_args(argv)
    split = load(arguments.data)
    train = split.train
    print(
        f"{len(train):,} users × {split.catalogue.n_items:,} items, {len(train.item):,} training, "
        f"{arguments.precision}\n"
    )
    print(f"| milliseconds a step | all | {' | '.join(KINDS)} |")
    print(f"|---|{'---:|' * (len(KINDS) + 1)}")
    for name in arguments.models:
        whole, parts = profile(model_of(name, split), split, name, arguments)
        cells = " | ".join(f"{parts[kind]:.1f}" for kind in KINDS)
        print(f"| {name} | {whole:.1f} | {cells} |", flush=True)


def model_of(name: str, split: Split) -> NeuralModel:
    """The model at its defaults; without ratings the dense network learns to rank."""
    if name == "vae":
        return VAE(hidden_sizes=[600], latent_size=200)
    if name == "attention":
        return Attention()
    return Dense(objective="ranking" if split.train.rating is None else "rating")


def profile(
    model: NeuralModel, split: Split, name: str, arguments: argparse.Namespace
) -> tuple[float, Counter[str]]:
    """Milliseconds of a step, and of its kinds of operations."""
    strategy = CPU(precision=arguments.precision)
    strategy.start()
    schedule = Trainer(epochs=10**6, batch_size=BATCH_SIZE[name], patience=None)
    with TemporaryDirectory() as folder:
        steps = StepProfile(arguments.steps, Path(folder))
        try:
            model.fit(split, schedule, strategy, 1, steps)
        except EnoughError:
            durations = by_kind(Path(folder))
    whole = 1000 * statistics.median(steps.seconds)
    total = sum(durations.values())
    return whole, Counter({kind: whole * part / total for kind, part in durations.items()})


def by_kind(folder: Path) -> Counter[str]:
    """Picoseconds of TensorFlow's operations in a profile, by kind."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    (path,) = folder.rglob("*.xplane.pb")
    space.ParseFromString(path.read_bytes())
    durations: Counter[str] = Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                # "path/of/the/node:Operation"
                _, colon, operation = plane.event_metadata[event.metadata_id].name.partition(":")
                if colon and operation.isidentifier() and operation != "EagerLocalExecute":
                    kind = next(kind for kind, parts in KINDS.items() if fits(operation, parts))
                    durations[kind] += event.duration_ps
    return durations


def fits(operation: str, parts: Sequence[str]) -> bool:
    """True if the operation's name has one of the parts."""
    return any(part in operation for part in parts)


if __name__ == "__main__":
    main()
