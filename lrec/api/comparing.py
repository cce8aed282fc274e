"""Comparisons from Python: `lrec compare` with a result in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from lrec.api import calling
from lrec.api.compared_runs import ComparedRuns
from lrec.api.evaluating import EvaluatedLists
from lrec.api.trained_run import TrainedRun
from lrec.base.arguments import check_argument, check_texts, described
from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed
from lrec.cli.quoting import text_word
from lrec.commands.compare.baseline import choose_baseline
from lrec.commands.compare.command import CompareSettings
from lrec.commands.compare.command import run as compare_runs
from lrec.commands.compare.table import bucket_orders
from lrec.commands.compare.user_tables import user_tables
from lrec.commands.composing import key_of
from lrec.commands.runs.model_identity import settings as model_settings
from lrec.commands.runs.replicates import PARTS
from lrec.commands.runs.same_replicates import part_of
from lrec.commands.runs.selection import select
from lrec.evaluation.comparison.compare import compare as compare_tables
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import (
    ComparisonError,
    metric_directions,
    shared_columns,
)

# Keys of `lrec compare` that have a meaning where nothing is read from the store or logged.
IN_MEMORY = ("resamples", "metric", "primary", "baseline", "plugins")


def compare(
    candidates: Iterable[TrainedRun | EvaluatedLists | str],
    *overrides: str,
    primary: str = "ndcg_at_10",
    baseline: str | None = None,
    log: bool | None = None,
    verbose: bool = True,
) -> ComparedRuns:
    """Compare runs by bucket of users, against a baseline.

    Results of one model with several seeds, or on several windows of time, folds or split seeds,
    are replicates, as they are to `lrec compare`.

    Args:
        candidates: results of `lrec.train` and `lrec.evaluate`, or runs by id, first letters of it,
            model, or latest.
        overrides: of `lrec compare`, such as `resamples=1000`; in memory those of `IN_MEMORY`.
            Metrics are the command's, and what else the results have, unless `metric` is named.
        primary: the metric that verdicts are given by.
        baseline: a model's name, or the id of a logged run of it; None takes the simple model that
            is best on validation.
        log: True makes a run of the comparison, with its page, as `lrec compare` does; None does so
            where all candidates are logged. False compares results of `lrec.train` in memory.
        verbose: False prints nothing.

    Raises:
        ComparisonError: they have different data, splits or seeds, or none is a baseline.
        ConfigError: a name is not known.
    """
    candidates = _checked(candidates)
    calling.check_overrides(overrides, 'lrec.compare(results, "resamples=1000")')
    check_texts(primary=primary)
    kinds = (str, type(None))
    check_argument(baseline, kinds, "baseline must be a model's name, a run's id, or None")
    results = [one for one in candidates if not isinstance(one, str)]
    ids = [one if isinstance(one, str) else one.run_id for one in candidates]
    unlogged = [one for one in results if one.run_id is None]
    if log is None:
        log = not unlogged
    if log and unlogged:
        raise ConfigError(f"log=True needs logged runs. Received: {unlogged[0]}")
    if not log and len(results) < len(ids):
        raise ConfigError(
            "runs of the store are compared with log=True, together with logged results only. "
            f"Received: {[one for one in candidates if isinstance(one, str)]}"
        )
    with ExitStack() as stack:
        stack.enter_context(calling.call(verbose))
        words = [f"runs=[{','.join(map(str, ids))}]"] if log else []
        words += [text_word("primary", primary), *overrides]
        words += [] if baseline is None else [text_word("baseline", baseline)]
        call = stack.enter_context(composed("compare", words))
        settings: CompareSettings = call.settings
        keys = {key_of(word).partition(".")[0] for word in overrides}
        if "metric" not in keys:
            own = {name: m for one in results for name, m in one.settings.metric.items()}
            settings = replace(settings, metric={**settings.metric, **(own | settings.metric)})
        if log:
            call.invocation.folder.mkdir(parents=True, exist_ok=True)
            return ComparedRuns(compare_runs(settings, call.invocation))
        if others := sorted(keys - {*IN_MEMORY}):
            raise ConfigError(
                f"{', '.join(IN_MEMORY)} are for results in memory, other keys for logged runs "
                f"(log=True). Received: {', '.join(others)}"
            )
        return ComparedRuns(_in_memory(results, settings))


def _checked(
    candidates: Iterable[TrainedRun | EvaluatedLists | str],
) -> list[TrainedRun | EvaluatedLists | str]:
    """The candidates as a list.

    Raises:
        ConfigError: they are none, or none that can be compared.
    """
    import pandas as pd

    wanted = (
        "candidates must be a list of results of lrec.train and lrec.evaluate, or of runs by id or "
        'model, such as ["ease", "vae"]'
    )
    if isinstance(candidates, str | Mapping | pd.DataFrame):
        raise ConfigError(f"{wanted}. Received: {described(candidates)}")
    check_argument(candidates, Iterable, wanted)
    found = list(candidates)
    for one in found:
        check_argument(one, (TrainedRun, EvaluatedLists, str), wanted)
    if not found:
        raise ConfigError(f"{wanted}. Received: none")
    return found


def _in_memory(
    results: Sequence[TrainedRun | EvaluatedLists], settings: CompareSettings
) -> Comparison:
    """Compare results as the command compares runs: of what they have logged, or would have."""
    if without := [one for one in results if one.users.empty]:
        raise ComparisonError(f"{without[0]} has no test to compare: nothing was held out.")
    runs = [
        replace(one.result.record, id=one.run_id or f"number {number}")
        for number, one in enumerate(results, 1)
    ]
    tables_by_id = {run.id: one.users for run, one in zip(runs, results, strict=True)}
    if len({(model_settings(run), part_of(run), run.seed) for run in runs}) < len(runs):
        raise ComparisonError("two results are of one model with the same seed: compare one.")
    models = select(runs, named=True, lists=True, apart=PARTS)
    tables = [
        table for model in models for table in user_tables(model, lambda run: tables_by_id[run.id])
    ]
    metrics, primary = settings.metric, settings.primary
    directions = metric_directions(shared_columns(tables), metrics, primary)
    chosen = choose_baseline(models, primary, directions[primary], settings.baseline)
    orders = bucket_orders(tables)
    return compare_tables(tables, chosen, primary, metrics, orders, settings.resamples)
