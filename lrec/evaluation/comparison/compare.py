"""Comparison of models with a baseline, user by user, for every metric and bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints, nan_mean
from lrec.evaluation.comparison.comparison import (
    BASELINE,
    BETTER,
    TOO_FEW,
    UNDECIDED,
    WORSE,
    Comparison,
    list_lengths,
)
from lrec.evaluation.comparison.fairness_comparison import compare_fairness
from lrec.evaluation.comparison.item_comparison import compare_items
from lrec.evaluation.comparison.lead import Duel, best_two, duel_of, lead_of
from lrec.evaluation.comparison.served_shares import served_shares
from lrec.evaluation.comparison.user_alignment import (
    ComparisonError,
    ModelTables,
    align_users,
    groups_of,
    item_codes,
    metric_directions,
)
from lrec.evaluation.metric import Metric, SetMetric
from lrec.evaluation.statistics import LEVEL, bootstrap, holm, interval, paired
from lrec.evaluation.summary import SMALLEST_BUCKET

if TYPE_CHECKING:
    import pandas as pd

# Columns of a comparison that are attributes of `lrec.evaluation.statistics.Paired`.
STATISTICS = {
    "difference": "mean",
    "low": "low",
    "high": "high",
    "p": "p",
    "effect_size": "effect_size",
    "detectable": "detectable",
}
SUBSAMPLES = 100  # of each bucket, for set metrics


def compare(
    models: Sequence[ModelTables],
    baseline: str,
    primary: str,
    metrics: Mapping[str, Metric],
    bucketings: Mapping[str, Sequence[str]],
    resamples: int = 10_000,
) -> Comparison:
    """Compare every model with `baseline` on the same users.

    A user's value is the mean over seeds, so intervals are conditional on those seeds; the range
    over seeds is given too. Holm's correction runs over models and buckets of the primary metric;
    the others are exploratory: they have intervals and uncorrected p, and no verdict. Set metrics
    are computed from equal-sized random subsamples of every bucket, and have no p. Buckets of fewer
    than 30 users have values only. The two best models of a bucket are told apart by the verdict of
    one of them if the other is the baseline, else by the uncorrected p of their own difference.

    The columns of `rows`: bucket, model, metric, users (that have a value), value, value_low and
    value_high (its 95 % interval, of the primary metric), seeds_low and seeds_high (the seeds' own
    values), baseline, difference, low and high (its 95 % interval), p,
    p_holm, effect_size, detectable (see `lrec.evaluation.statistics.Paired`), verdict.

    Args:
        models: user tables of the same number of seeds each.
        metrics: by name; columns of others are left out.
        bucketings: name of each bucketing that the tables have -> its buckets, least active first.

    Raises:
        ComparisonError: fewer than two models, different users, or no such metric.
    """
    import pandas as pd

    if len(models) < 2:
        given = ", ".join(model.name for model in models) or "none"
        raise ComparisonError(f"a comparison needs two models. Received: {given}")
    models = sorted(models, key=lambda model: model.name != baseline)
    tables = align_users(models)
    first = tables[0][0]
    directions = metric_directions(first, metrics, primary)
    groups = groups_of(first, bucketings)
    names = [model.name for model in models]
    values = np.array([[t[list(directions)].to_numpy(float) for t in ts] for ts in tables])
    direction = directions[primary]
    compared = {
        bucket: _compare_values(values[:, :, users], direction, resamples)
        for bucket, users in groups.items()
    }
    fairness = compare_fairness(
        names, values.mean(axis=1), directions, bucketings, groups, resamples
    )
    rows = [
        _to_frame(bucket, names, list(directions), columns)
        for bucket, (columns, _) in compared.items()
    ]
    ks = list_lengths(directions)
    sets = {
        f"{name}_sub_at_{max(ks)}": (max(ks), metric)
        for name, metric in metrics.items()
        if ks and isinstance(metric, SetMetric)
    }
    large = [len(users) for users in groups.values() if len(users) >= SMALLEST_BUCKET]
    subsample = min(large, default=0) // 2
    if sets and subsample:
        lists = item_codes(tables)
        for bucket, users in groups.items():
            if len(users) >= SMALLEST_BUCKET:
                columns = _compare_sets(lists[:, :, users], sets, models[0].n_items, subsample)
                rows.append(_to_frame(bucket, names, list(sets), columns))
    directions |= {label: metric.direction for label, (_, metric) in sets.items()}
    frame = pd.concat(rows, ignore_index=True)
    frame = _with_verdicts(frame, baseline, primary, direction)
    return Comparison(
        rows=frame,
        served=served_shares(names, values[..., 0].mean(axis=1), direction, groups),
        baseline=baseline,
        primary=primary,
        models=names,
        bucketings={n: [b for b in names if b in groups] for n, names in bucketings.items()},
        directions=directions,
        subsample=subsample,
        leads={
            bucket: lead_of(names, duel, decided(frame, primary, bucket))
            for bucket, (_, duel) in compared.items()
            if duel is not None
        },
        fairness=fairness,
        items=None if not ks else compare_items(names, tables, groups, max(ks), resamples),
    )


def decided(rows: pd.DataFrame, primary: str, bucket: str) -> dict[str, bool]:
    """Model -> whether its verdict in a bucket is better or worse."""
    own = rows[(rows["bucket"] == bucket) & (rows["metric"] == primary)]
    return dict(zip(own["model"], own["verdict"].isin([BETTER, WORSE]), strict=True))


def _compare_values(
    values: Floats, direction: int, resamples: int
) -> tuple[dict[str, Floats], Duel | None]:
    """Columns of `rows`, each `(models, metrics)`, from `(models, seeds, users, metrics)`.

    Args:
        direction: of the first metric, by which the two best models are chosen.

    Returns:
        The columns, and the two best models; None where there are too few users.
    """
    n_models, n_seeds, n_users, n_metrics = values.shape
    by_seed = nan_mean(np.moveaxis(values, 2, 0).reshape(n_users, -1), axis=0)
    by_seed = by_seed.reshape(n_models, n_seeds, -1)
    of_users = values.mean(axis=1)
    value = nan_mean(np.moveaxis(of_users, 1, 0).reshape(n_users, -1), axis=0)
    value = value.reshape(n_models, -1)
    differences = np.moveaxis(of_users[1:] - of_users[0], 1, 0).reshape(n_users, -1)
    best = best_two(value[:, 0], direction)
    between = of_users[best[0], :, :1] - of_users[best[1], :, :1]
    value_low, value_high = np.full((2, *value.shape), np.nan)
    statistics, duel = None, None
    if n_users >= SMALLEST_BUCKET:  # of the same resamples, which take longer than the sums
        tested = np.hstack([differences, between])
        resampled = bootstrap(np.hstack([of_users[:, :, 0].T, tested]), resamples)
        value_low[:, 0], value_high[:, 0] = interval(resampled[:, :n_models])
        statistics = paired(tested, resamples, resampled=resampled[:, n_models:])
        duel = duel_of(best, statistics)
    columns = {
        "users": (~np.isnan(of_users)).sum(axis=1).astype(float),
        "value": value,
        "value_low": value_low,  # of the first metric only
        "value_high": value_high,
        "seeds_low": by_seed.min(axis=1),
        "seeds_high": by_seed.max(axis=1),
        "baseline": np.broadcast_to(value[0], value.shape),
    }
    for column, attribute in STATISTICS.items():
        missing = np.full(differences.shape[1] + 1, np.nan)
        values = getattr(statistics, attribute, missing)[:-1]
        columns[column] = _below_baseline(values.reshape(n_models - 1, n_metrics))
    return columns, duel


def _compare_sets(
    lists: Ints, sets: Mapping[str, tuple[int, SetMetric]], n_items: int, size: int
) -> dict[str, Floats]:
    """Columns of `rows`, each `(models, set metrics)`, from `(models, seeds, users, k)` lists.

    Every subsample has `size` users, drawn without replacement, the same for every model.
    """
    n_models, n_seeds, n_users, _ = lists.shape
    generator = np.random.default_rng(0)
    values = np.empty((SUBSAMPLES, n_models, n_seeds, len(sets)))
    drawn = np.empty((size, lists.shape[3]), lists.dtype)
    for sample in values:
        users = generator.choice(n_users, size, replace=False)
        for model, of_seeds in zip(sample, lists, strict=True):
            for of_seed, items in zip(model, of_seeds, strict=True):
                np.take(items, users, axis=0, out=drawn, mode="clip")
                of_seed[:] = [metric(drawn[:, :k], n_items) for k, metric in sets.values()]
    by_seed = values.mean(axis=0)
    of_models = values.mean(axis=2)
    difference = (of_models[:, 1:] - of_models[:, :1]).reshape(SUBSAMPLES, -1)
    low, high = interval(difference)
    shape = (n_models - 1, len(sets))
    value = of_models.mean(axis=0)
    return {
        "users": np.full(value.shape, float(n_users)),
        "value": value,
        "seeds_low": by_seed.min(axis=1),
        "seeds_high": by_seed.max(axis=1),
        "baseline": np.broadcast_to(value[0], value.shape),
        "difference": _below_baseline(difference.mean(axis=0).reshape(shape)),
        "low": _below_baseline(low.reshape(shape)),
        "high": _below_baseline(high.reshape(shape)),
    }


def _below_baseline(values: Floats) -> Floats:
    """Put a row of NaN first, for the baseline, which has no difference to itself."""
    return np.vstack([np.full((1, values.shape[1]), np.nan), values])


def _to_frame(
    bucket: str, models: Sequence[str], metrics: Sequence[str], columns: Mapping[str, Floats]
) -> pd.DataFrame:
    """One row for each model and metric, of columns `(models, metrics)`."""
    import pandas as pd

    return pd.DataFrame(
        {
            "bucket": bucket,
            "model": np.repeat(np.array(models, object), len(metrics)),
            "metric": np.tile(np.array(metrics, object), len(models)),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )


def _with_verdicts(rows: pd.DataFrame, baseline: str, primary: str, direction: int) -> pd.DataFrame:
    """Add Holm's p of the primary metric, and verdicts in words."""
    rows = rows.assign(p_holm=np.nan, verdict="")
    tested = (rows["metric"] == primary) & (rows["model"] != baseline)
    rows.loc[tested, "p_holm"] = holm(rows.loc[tested, "p"].to_numpy(float))
    favourable = rows["difference"] * direction > 0
    decided = rows["p_holm"] <= 1 - LEVEL
    rows.loc[tested, "verdict"] = UNDECIDED
    rows.loc[decided & favourable, "verdict"] = BETTER
    rows.loc[decided & ~favourable, "verdict"] = WORSE
    rows.loc[rows["users"] < SMALLEST_BUCKET, "verdict"] = TOO_FEW
    rows.loc[rows["model"] == baseline, "verdict"] = BASELINE
    rows["users"] = rows["users"].astype(int)
    return rows
