"""A saved model beside the trained one: `state` and `restore` have to hold all that was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lrec.base.errors import one_line
from lrec.data.histories import Histories
from lrec.model import Model
from lrec.model.common import saving

# Of the range of scores: rounding is less, in layers of mixed precision too; a lost part is more.
CLOSE = 0.02


def restoring_fault(folder: Path, model: Model, histories: Histories) -> str:
    """The reason why a saved model cannot stand for the trained one; empty where it scores as it.

    Args:
        folder: in which the model was saved.
        histories: some, to be scored by both.
    """
    scores = model.score(histories)
    try:
        largest = float(np.abs(saving.load(folder).score(histories) - scores).max())
    except Exception as error:  # of a plugin's code
        why = one_line(error)
    else:
        if largest <= CLOSE * float(np.ptp(scores)):
            return ""
        why = f"scores differ by {largest:.2g}"
    return (
        f"model={model.name} is not the same after state and restore, which have to keep all that "
        f"was trained: {why}"
    )
