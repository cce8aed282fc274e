"""Metrics of a model that is rounded to be saved, beside those of the model itself."""

from __future__ import annotations

from lrec.evaluation.evaluator import EvaluationResult, Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.reporting.formatting import metric_name
from lrec.tracking import Log

USERS = 10_000  # of the test part, ranked again


def log_rounding(
    log: Log, evaluator: Evaluator, ranker: Ranker, result: EvaluationResult, monitor: str
) -> str:
    """Round the model to what is saved of it, and log the difference that this makes on test users.

    Logged are the largest difference of the monitored metric in any bucket, and that of any metric.

    Args:
        result: of the model before, on the whole test part.
        monitor: name of a validation metric.

    Returns:
        A sentence.
    """
    sample = evaluator.sample(USERS)
    exact = result.values if sample is evaluator else sample.test(ranker).values
    ranker.model.round_to_saved()
    sample.validated = None  # those were scores of the model before
    rounded = sample.test(ranker).values
    differences = {key: abs(rounded[key] - exact[key]) for key in exact.keys() & rounded.keys()}
    largest = max(sorted(differences), key=differences.__getitem__)
    monitored = monitor.removeprefix("val/").rpartition("/")[0]
    own = [value for key, value in differences.items() if key.rpartition("/")[0] == monitored]
    log.metrics({"saved/largest_difference": differences[largest]})
    log.tags({"lrec.saved_differs_most_in": largest})
    if own:
        log.metrics({f"saved/{monitored}_difference": max(own)})
    clause = f"{metric_name(monitored)} differs by {max(own):.1e} at most, " if own else ""
    return (
        f"the saved model is rounded: on {len(sample.split.test):,} test users {clause}"
        f"no metric of any bucket by more than {differences[largest]:.1e} ({largest})"
    )
