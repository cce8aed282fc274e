"""Training in the process of a side: seconds and quality of each epoch."""

from __future__ import annotations

import time
import warnings
from typing import Any

from benchmarking.splits import sizes
from lrec.data.queries import Split
from lrec.evaluation.metric import Lists
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.model.common.protocols import StatelessCallback
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy import TrainingStrategy


class Stopwatch(StatelessCallback):
    """Timing of the epochs, and of a ranking of all validation users after each.

    Attributes:
        training, ranking: seconds of each epoch, and of the ranking after it.
        quality: recall and ndcg at 10 and 20 after the last epoch, by name.
        ndcg: ndcg at 10 after each epoch; clock: seconds from the start of training until then.
    """

    wants_steps = False

    def __init__(self, split: Split, ranker: Ranker) -> None:
        self.split = split
        self.ranker = ranker
        self.training: list[float] = []
        self.ranking: list[float] = []
        self.quality: dict[str, float] = {}
        self.ndcg: list[float] = []
        self.clock: list[float] = []
        self.begun = self.start = time.perf_counter()

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        """Not called, since `wants_steps` is False."""

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        now = time.perf_counter()
        self.training.append(now - self.start)
        queries = self.split.validation
        ranking = self.ranker(queries)
        lists = Lists(
            ranking.items,
            queries.target,
            queries.history,
            ranking.is_personalised,
            self.split.catalogue,
        )
        for k in (10, 20):
            self.quality[f"recall@{k}"] = float(Recall()(lists, k).mean())
            self.quality[f"ndcg@{k}"] = float(NDCG()(lists, k).mean())
        self.ndcg.append(self.quality["ndcg@10"])
        self.start = time.perf_counter()
        self.ranking.append(self.start - now)
        self.clock.append(self.start - self.begun)
        return float(epoch)  # the last epoch is the best: every epoch pays for keeping weights


def train(
    model: Model,
    schedule: Trainer,
    strategy: TrainingStrategy,
    stopwatch: Stopwatch,
) -> dict[str, Any]:
    """Train a model to its last epoch; times, quality, and the sizes of the data."""
    warnings.simplefilter("ignore")  # it ends at its cap
    model.fit(stopwatch.split, schedule, strategy, 1, stopwatch)
    return {
        "epochs": stopwatch.training,
        "evaluate": stopwatch.ranking,
        "ndcg@10": stopwatch.ndcg,
        "clock": stopwatch.clock,
        "validation": stopwatch.quality,
        "n_validation": len(stopwatch.split.validation),
        **sizes(stopwatch.split),
    }
