"""Set metrics of a comparison: from equal-sized subsamples of each bucket, in each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lrec.base.arrays import Floats, Ints, nan_mean
from lrec.evaluation.metric import SetMetric
from lrec.evaluation.statistics import interval

SUBSAMPLES = 100  # of each bucket


def compare_sets(
    parts: Sequence[tuple[Ints, int]], sets: Mapping[str, tuple[int, SetMetric]], size: int
) -> dict[str, Floats]:
    """Columns of `rows`, each `(models, set metrics)`.

    Every subsample has `size` users, drawn without replacement, the same for every model.

    Args:
        parts: of each, lists `(models, seeds, users, k)` and the size of the catalogue.
    """
    n_models, n_seeds = parts[0][0].shape[:2]
    generator = np.random.default_rng(0)
    values = np.empty((SUBSAMPLES, n_models, len(parts), n_seeds, len(sets)))
    for index, (lists, n_items) in enumerate(parts):
        n_users, k_max = lists.shape[2:]
        drawn = np.empty((size, k_max), lists.dtype)
        for sample in values[:, :, index]:
            users = generator.choice(n_users, size, replace=False)
            for model, of_seeds in zip(sample, lists, strict=True):
                for of_seed, items in zip(model, of_seeds, strict=True):
                    np.take(items, users, axis=0, out=drawn, mode="clip")
                    of_seed[:] = [metric(drawn[:, :k], n_items) for k, metric in sets.values()]
    by_seed = values.mean(axis=0)
    of_models = values.mean(axis=3).mean(axis=2)
    difference = (of_models[:, 1:] - of_models[:, :1]).reshape(SUBSAMPLES, -1)
    low, high = interval(difference)
    shape = (n_models - 1, len(sets))
    value = of_models.mean(axis=0)
    return {
        "value": value,
        **over_seeds(by_seed),
        "baseline": np.broadcast_to(value[0], value.shape),
        "difference": below_baseline(difference.mean(axis=0).reshape(shape)),
        "low": below_baseline(low.reshape(shape)),
        "high": below_baseline(high.reshape(shape)),
    }


def over_seeds(by_seed: Floats) -> dict[str, Floats]:
    """Columns of `rows` of the values of seeds, `(models, parts, seeds, metrics)`.

    A model without a seed has one run in each part, which stands for all seeds and counts once.
    """
    own = by_seed.copy()
    for values in own:
        if np.array_equal(values, np.broadcast_to(values[:, :1], values.shape), equal_nan=True):
            values[:, 1:] = np.nan
    own = own.reshape(len(own), -1, own.shape[3])
    n = (~np.isnan(own)).sum(axis=1)
    squares = np.nan_to_num(own - nan_mean(own, axis=1)[:, None]) ** 2
    return {
        "seeds_low": np.fmin.reduce(own, axis=1),
        "seeds_high": np.fmax.reduce(own, axis=1),
        "seeds_sd": np.sqrt(squares.sum(axis=1) / np.where(n > 1, n - 1, np.nan)),
    }


def below_baseline(values: Floats) -> Floats:
    """Put a row of NaN first, for the baseline, which has no difference to itself."""
    return np.vstack([np.full((1, values.shape[1]), np.nan), values])
