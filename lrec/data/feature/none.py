"""No item vectors."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.feature import Feature
from lrec.data.queries import Split


class NoFeature(Feature):
    """Vectors of no width: models know items by their interactions alone."""

    name = "none"

    def __call__(self, split: Split) -> Floats:
        return np.zeros((split.catalogue.n_items, 0), np.float32)
