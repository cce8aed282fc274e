"""Refusals of scores that cannot be ranked."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.model import Model


def refuse_other_scores(
    model: Model, scores: Any, shape: tuple[int, ...], method: str = "score", kind: Any = np.ndarray
) -> None:
    """Refuse scores of another kind, shape or type than float32; no score is looked at.

    Args:
        shape: `(n, n_items)`, or `(n_items,)` of scores that all histories have in common.
        method: that returned them.
        kind: class of arrays.

    Raises:
        DataError: naming the model, the method, and what it returned.
    """
    of_scores, dtype = getattr(scores, "shape", None), getattr(scores, "dtype", None)
    if not isinstance(scores, kind) or of_scores != shape or dtype != np.float32:
        words = "(n, n_items)" if len(shape) == 2 else "(n_items,)"
        received = type(scores).__name__
        if of_scores is not None:
            received += f" {tuple(of_scores)} {dtype}"
        raise DataError(
            f"model={model.name}: {method} must return {words} float32, here a {kind.__name__} "
            f"{shape}. Received: {received}"
        )


def not_finite(model: Model, history: Histories | None = None) -> FloatingPointError:
    """The error of scores that are NaN or infinite.

    Args:
        history: that got such scores, to be counted again; None where that would take too long.
    """
    told = f"model={model.name} gave scores that are NaN or infinite"
    if model.uses_tensorflow():
        return FloatingPointError(f"{told}: its training diverged. Lower schedule.learning_rate.")
    if history is None:
        return FloatingPointError(f"{told}.")
    (bad,) = np.nonzero(~np.isfinite(model.score(history)).all(axis=1))
    lengths = ", ".join(map(str, history.lengths[bad[:3]]))
    return FloatingPointError(
        f"{told}, to {len(bad)} of {len(history)} users; their histories have {lengths}"
        f"{', …' if len(bad) > 3 else ''} items. See to score."
    )
