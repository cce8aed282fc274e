"""Training data as it is."""

from __future__ import annotations

from lrec.data.queries import Split
from lrec.model.common.protocols import Callback, Strategy
from lrec.training.augment import Augmenter


class NoAugmenter(Augmenter):
    """Adds nothing."""

    name = "none"
    seeded = False

    def __call__(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> Split:
        return split
