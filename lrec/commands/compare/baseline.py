"""Choice of the model that the others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from lrec.commands.runs.selection import ComparedModel
from lrec.evaluation.comparison.user_alignment import ComparisonError

SHORTEST = 4  # letters of a run's id that may stand for it


def choose_baseline(
    models: Sequence[ComparedModel], primary: str, direction: int, requested: str | None
) -> str:
    """Name of the model to compare with: the requested one, or the best baseline on validation.

    Of a model with several replicates, the mean over them counts.

    Args:
        direction: of the primary metric, 1 where more is better, -1 where less is.
        requested: a model's name, or the id of one of its runs or the first letters of it.

    Raises:
        ComparisonError: there is none.
    """
    names = [model.name for model in models]
    if requested is not None:
        if requested in names:
            return requested
        of_run = [
            model.name
            for model in models
            if any(run.id.startswith(requested.lower()) for _, run in model.trained)
        ]
        if len(requested) < SHORTEST or len(of_run) != 1:
            raise ComparisonError(
                f"baseline must be one of the models, {', '.join(names)}, or a run of one of them. "
                f"Received: {requested}"
            )
        return of_run[0]
    key = f"val/{primary}/all"
    values = {
        model.name: fmean(run.metrics[key] for _, run in model.trained)
        for model in models
        if model.is_baseline and all(key in run.metrics for _, run in model.trained)
    }
    if not values:
        raise ComparisonError(
            f"no simple model among {', '.join(names)} has {key}, by which the baseline is chosen. "
            "Name one, baseline=MODEL, or train one: lrec train model=itemknn."
        )
    return max(values, key=lambda name: direction * values[name])
