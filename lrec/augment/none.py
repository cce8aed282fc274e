"""Training data as it is."""

from __future__ import annotations

from lrec.augment import Augmenter
from lrec.data import Split
from lrec.training import Strategy, Watch


class NoAugmenter(Augmenter):
    """Adds nothing."""

    def __call__(self, split: Split, strategy: Strategy, seed: int, watch: Watch) -> Split:
        return split
