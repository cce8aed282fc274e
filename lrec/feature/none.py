"""No item vectors."""

from __future__ import annotations

import numpy as np

from lrec.arrays import Floats
from lrec.data import Split
from lrec.feature import Feature


class NoFeature(Feature):
    """Vectors of no width: models know items by their interactions alone."""

    def __call__(self, split: Split) -> Floats:
        return np.zeros((split.catalogue.n_items, 0), np.float32)
