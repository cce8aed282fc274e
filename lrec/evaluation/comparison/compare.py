"""Comparison of models with a baseline, user by user, for every metric and bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints, nan_mean
from lrec.evaluation.bucket import ALL, COLD, SMALLEST_BUCKET
from lrec.evaluation.comparison.clusters import Clusters, Part
from lrec.evaluation.comparison.comparison import (
    BASELINE,
    BETTER,
    TOO_FEW,
    UNDECIDED,
    WORSE,
    Comparison,
    first_ordered,
    list_lengths,
)
from lrec.evaluation.comparison.course import course_of
from lrec.evaluation.comparison.fairness_comparison import compare_fairness
from lrec.evaluation.comparison.item_comparison import compare_items
from lrec.evaluation.comparison.lead import Duel, best_two, duel_of, lead_of
from lrec.evaluation.comparison.sampled_sets import below_baseline, compare_sets, over_seeds
from lrec.evaluation.comparison.served_shares import mean_shares, served_shares
from lrec.evaluation.comparison.user_alignment import (
    ModelTables,
    align_users,
    by_part,
    item_codes,
    metric_directions,
    people_of,
    shared_columns,
)
from lrec.evaluation.metric import Metric, SetMetric
from lrec.evaluation.statistics import LEVEL, bootstrap, holm, interval, paired
from lrec.evaluation.user_table import rows_by_group

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

    Over several parts of the data (windows, folds, split seeds) users are paired within a part, in
    whose bucket they are counted, and the value is the mean over parts. A person in several parts
    is one of the bootstrap and of the sign flips, see `Clusters.scores`.

    The columns of `rows`: bucket, model, metric, users (that have a value), value, value_low and
    value_high (its 95 % interval, of the primary metric), seeds_low, seeds_high and seeds_sd (the
    own values of seeds and parts; no deviation of one), baseline, difference, low and high (its
    95 % interval), p, p_holm, effect_size, detectable (see `lrec.evaluation.statistics.Paired`),
    verdict.

    Args:
        models: user tables of the same number of seeds each; of several parts, each model in each.
        metrics: by name; columns of others are left out.
        bucketings: name of each bucketing that the tables have -> its buckets, least active first.

    Raises:
        ComparisonError: fewer than two models, different users or parts, or no such metric.
    """
    import pandas as pd

    models_of = by_part(models, baseline)
    tables = [align_users(of_part) for of_part in models_of.values()]
    directions = metric_directions(shared_columns(models), metrics, primary)
    known = [ALL, *chain.from_iterable(bucketings.values()), COLD]
    people = people_of([of_part[0][0] for of_part in tables])
    parts = [
        Part(
            values=np.array([[t[list(directions)].to_numpy(float) for t in ts] for ts in of_part]),
            persons=codes,
            groups=rows_by_group(of_part[0][0], known),
        )
        for of_part, codes in zip(tables, people, strict=True)
    ]
    groups = [bucket for bucket in known if any(bucket in part.groups for part in parts)]
    names = [model.name for model in next(iter(models_of.values()))]
    direction = directions[primary]
    compared = {
        bucket: _compare_values(_users_of(bucket, parts), direction, resamples) for bucket in groups
    }
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
    sizes = [len(users) for part in parts for users in part.groups.values()]
    subsample = min((n for n in sizes if n >= SMALLEST_BUCKET), default=0) // 2
    if sets and subsample:
        lists = [
            (item_codes(of_part), of_models[0].n_items)
            for of_part, of_models in zip(tables, models_of.values(), strict=True)
        ]
        for bucket in groups:
            users = [part.groups.get(bucket, np.array([], int)) for part in parts]
            large = [index for index, of in enumerate(users) if len(of) >= SMALLEST_BUCKET]
            if large:
                drawn_from = [(lists[i][0][:, :, users[i]], lists[i][1]) for i in large]
                columns = compare_sets(drawn_from, sets, subsample)
                n_people = Clusters.of([parts[i].persons[users[i]] for i in large]).n
                columns["users"] = np.full(columns["value"].shape, float(n_people))
                rows.append(_to_frame(bucket, names, list(sets), columns))
    of_users = dict(directions)
    directions |= {label: metric.direction for label, (_, metric) in sets.items()}
    frame = pd.concat(rows, ignore_index=True)
    frame = _with_verdicts(frame, baseline, primary, direction)
    served = [
        served_shares(names, part.values[..., 0].mean(axis=1), direction, part.groups)
        for part in parts
    ]
    present = {n: [b for b in names if b in groups] for n, names in bucketings.items()}
    order = first_ordered(present)
    several = dict(zip(models_of, parts, strict=True)) if len(parts) > 1 else {}
    return Comparison(
        rows=frame,
        served=mean_shares(served),
        baseline=baseline,
        primary=primary,
        models=names,
        bucketings=present,
        directions=directions,
        subsample=subsample,
        leads={
            bucket: lead_of(names, duel, decided(frame, primary, bucket))
            for bucket, (_, duel) in compared.items()
            if duel is not None
        },
        parts=list(several),
        course=course_of(names, several, list(dict.fromkeys([ALL, order[0], order[-1]])), resamples)
        if several
        else None,
        fairness=compare_fairness(names, parts, of_users, bucketings, resamples),
        items=compare_items(names, tables, parts, groups, max(ks), resamples) if ks else None,
    )


def decided(rows: pd.DataFrame, primary: str, bucket: str) -> dict[str, bool]:
    """Model -> whether its verdict in a bucket is better or worse."""
    own = rows[(rows["bucket"] == bucket) & (rows["metric"] == primary)]
    return dict(zip(own["model"], own["verdict"].isin([BETTER, WORSE]), strict=True))


def _users_of(bucket: str, parts: Sequence[Part]) -> list[tuple[Floats, Ints]]:
    """Values and people of a bucket's users, in each part that has any."""
    return [
        (part.values[:, :, part.groups[bucket]], part.persons[part.groups[bucket]])
        for part in parts
        if bucket in part.groups
    ]


def _compare_values(
    parts: Sequence[tuple[Floats, Ints]], direction: int, resamples: int
) -> tuple[dict[str, Floats], Duel | None]:
    """Columns of `rows`, each `(models, metrics)`, from parts of the data.

    Args:
        parts: of each, values `(models, seeds, users, metrics)` and people `(users,)`.
        direction: of the first metric, by which the two best models are chosen.

    Returns:
        The columns, and the two best models; None where there are too few users.
    """
    n_models, _, _, n_metrics = parts[0][0].shape
    people = Clusters.of([codes for _, codes in parts])
    by_seed = np.stack([_means(values, axis=2) for values, _ in parts], axis=1)
    of_users = [values.mean(axis=1) for values, _ in parts]
    value = nan_mean(np.array([_means(values, axis=1) for values in of_users]), axis=0)
    best = best_two(value[:, 0], direction)
    scores, flipped = people.scores(
        [
            np.hstack(
                [
                    values[:, :, 0].T,
                    np.moveaxis(values[1:] - values[0], 1, 0).reshape(values.shape[1], -1),
                    values[best[0], :, :1] - values[best[1], :, :1],
                ]
            )
            for values in of_users
        ]
    )
    value_low, value_high = np.full((2, *value.shape), np.nan)
    statistics, duel = None, None
    if people.n >= SMALLEST_BUCKET:  # of the same resamples, which take longer than the sums
        resampled = bootstrap(scores, resamples)
        value_low[:, 0], value_high[:, 0] = interval(resampled[:, :n_models])
        tested, signs = scores[:, n_models:], flipped[:, n_models:]
        statistics = paired(tested, resamples, resampled=resampled[:, n_models:], flipped=signs)
        duel = duel_of(best, statistics)
    defined = people.any_of([~np.isnan(np.moveaxis(values, 1, 0)) for values in of_users])
    columns = {
        "users": defined.sum(axis=0).astype(float),
        "value": value,
        "value_low": value_low,  # of the first metric only
        "value_high": value_high,
        **over_seeds(by_seed),
        "baseline": np.broadcast_to(value[0], value.shape),
    }
    for column, attribute in STATISTICS.items():
        missing = np.full((n_models - 1) * n_metrics + 1, np.nan)
        values = getattr(statistics, attribute, missing)[:-1]
        columns[column] = below_baseline(values.reshape(n_models - 1, n_metrics))
    return columns, duel


def _means(values: Floats, axis: int) -> Floats:
    """Means of the defined values along the axis of users, which is left out."""
    users_first = np.moveaxis(values, axis, 0)
    means = nan_mean(users_first.reshape(values.shape[axis], -1), axis=0)
    return means.reshape(users_first.shape[1:])


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
