"""Results of a simulation by round and bucket, with confidence intervals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.base.arrays import Floats, Ints, nan_mean
from lrec.commands.simulate.environment import Environment
from lrec.commands.simulate.rollout import Rollout
from lrec.data.catalogue import Catalogue
from lrec.evaluation.bucket import SMALLEST_BUCKET
from lrec.evaluation.metric.gini import Gini
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.references import POPULARITY
from lrec.evaluation.statistics import bootstrap, interval
from lrec.evaluation.summary import SUBSAMPLES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ModelResult:
    """Results of one model, the mean over its seeds; `(n, rounds)` unless it says otherwise.

    Attributes:
        name: of the model.
        activated: 1 where a user has `active` items after the round, else 0.
        hit: 1 where a user has accepted an item so far, else 0.
        accepted: items that a user has accepted so far.
        popularity: mean training popularity percentile of the items shown; NaN without any.
        first: `(n,)` round of the first accepted item; NaN where there was none.
        item_coverage, gini: `(groups, rounds)` of the items shown to equal-sized samples of each
            group; NaN for groups below `SMALLEST_BUCKET`.
    """

    name: str
    activated: Floats
    hit: Floats
    accepted: Floats
    popularity: Floats
    first: Floats
    item_coverage: Floats
    gini: Floats


@dataclass(frozen=True)
class SimulationResults:
    """Results of all models.

    Attributes:
        rounds: model, bucket, round, users, activated, hit, accepted, popularity, drift (popularity
            minus that of round 1), item_coverage and gini.
        summary: model, bucket, users, attainable (share that can come to be active at all),
            activated (at the end), difference (to the control) with bounds low and high, the same
            to popularity (`difference_popularity` …), accepted (at the end), first_hit (mean round
            among those with a hit) and never_hit (share).
    """

    rounds: pd.DataFrame
    summary: pd.DataFrame

    def records(self, name: Literal["rounds", "summary"]) -> list[dict[str, Any]]:
        """The rows of a frame; None instead of NaN."""
        rows: list[dict[str, Any]] = json.loads(getattr(self, name).to_json(orient="records"))
        return rows


def summarise_rollouts(
    name: str,
    rollouts: Iterable[Rollout],
    environment: Environment,
    groups: Mapping[str, Ints],
    active: int,
) -> ModelResult:
    """The mean over a model's rollouts, one for each seed.

    Args:
        groups: rows of users by name.
        active: items from which a user counts as active.
    """
    samples = _samples(groups)
    columns = [_columns(rollout, environment, samples, active) for rollout in rollouts]
    mean = {key: np.mean([one[key] for one in columns], axis=0) for key in columns[0]}
    first = nan_mean(np.stack([one["first"] for one in columns]), axis=0)
    return ModelResult(name, **mean | {"first": first})


def tabulate(
    results: Sequence[ModelResult],
    environment: Environment,
    groups: Mapping[str, Ints],
    active: int,
    control: str,
    resamples: int,
) -> SimulationResults:
    """Means over groups of users, with 95 % intervals by paired bootstrap over users.

    Args:
        groups: rows of users by name.
        active: items from which a user counts as active.
        control: name of the result that differences in activation are taken to, beside popularity.
    """
    import pandas as pd

    rounds: list[dict[str, Any]] = []
    summary: list[dict[str, Any]] = []
    bases = {r.name: r.activated[:, -1] for r in results if r.name in (control, POPULARITY)}
    for group_index, (group, rows) in enumerate(groups.items()):
        changes = {
            suffix: _changes(results, rows, bases[base], resamples)
            for base, suffix in ((control, ""), (POPULARITY, "_popularity"))
            if base in bases
        }
        for index, result in enumerate(results):
            key = {"model": result.name, "bucket": group}
            rounds += _rounds(key, result, rows, group_index)
            differences = {
                f"{name}{suffix}": values[index] if result.name != base else None
                for (suffix, change), base in zip(
                    changes.items(), (control, POPULARITY), strict=False
                )
                for name, values in change.items()
            }
            summary.append(
                {
                    **key,
                    "users": len(rows),
                    "attainable": (environment.limit[rows] >= active).mean(),
                    "activated": result.activated[rows, -1].mean(),
                    **differences,
                    "accepted": result.accepted[rows, -1].mean(),
                    "first_hit": nan_mean(result.first[rows, None], axis=0)[0],
                    "never_hit": 1 - result.hit[rows, -1].mean(),
                }
            )
    return SimulationResults(pd.DataFrame(rounds), pd.DataFrame(summary))


def _changes(
    results: Sequence[ModelResult], rows: Ints, base: Floats, resamples: int
) -> dict[str, Floats]:
    """Differences in activation to a base, of each result, with their bounds."""
    change = np.stack([result.activated[rows, -1] - base[rows] for result in results], axis=1)
    low, high = interval(bootstrap(change, resamples))
    return {"low": low, "high": high, "difference": change.mean(axis=0)}


def _rounds(
    key: dict[str, Any], result: ModelResult, rows: Ints, group: int
) -> list[dict[str, Any]]:
    popularity = nan_mean(result.popularity[rows], axis=0)
    columns = {
        "activated": result.activated[rows].mean(axis=0),
        "hit": result.hit[rows].mean(axis=0),
        "accepted": result.accepted[rows].mean(axis=0),
        "popularity": popularity,
        "drift": popularity - popularity[0],
        "item_coverage": result.item_coverage[group],
        "gini": result.gini[group],
    }
    return [
        {
            **key,
            "round": index + 1,
            "users": len(rows),
            **{name: column[index] for name, column in columns.items()},
        }
        for index in range(len(popularity))
    ]


def _columns(
    rollout: Rollout, environment: Environment, samples: Sequence[Sequence[Ints]], active: int
) -> dict[str, Floats]:
    """The attributes of a `ModelResult`, of one rollout."""
    gained = rollout.accepted.sum(axis=2).cumsum(axis=0).T
    hit = gained > 0
    percentile = np.append(percentiles(environment.catalogue), np.nan)
    n_items = environment.catalogue.n_items
    return {
        "activated": (environment.start.lengths[:, None] + gained >= active).astype(float),
        "hit": hit.astype(float),
        "accepted": gained.astype(float),
        "popularity": np.stack([nan_mean(percentile[s], axis=1) for s in rollout.shown], axis=1),
        "first": np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, np.nan),
        **{
            metric.name: np.array(
                [
                    [
                        _mean([metric(shown[rows], n_items) for rows in of_group])
                        for shown in rollout.shown
                    ]
                    for of_group in samples
                ]
            )
            for metric in (ItemCoverage(), Gini())
        },
    }


def percentiles(catalogue: Catalogue) -> Floats:
    """Training popularity of each item as its middle rank, `(n_items,)` from 0 to 1."""
    order = np.sort(catalogue.popularity)
    sides = [np.searchsorted(order, catalogue.popularity, side) for side in ("left", "right")]
    middle: Floats = np.mean(sides, axis=0) / len(order)
    return middle


def _samples(groups: Mapping[str, Ints]) -> list[list[Ints]]:
    """Equal-sized samples without replacement of each group: only sets of equal size compare."""
    large = [len(rows) for rows in groups.values() if len(rows) >= SMALLEST_BUCKET]
    samples = []
    for rows in groups.values():
        generator = np.random.default_rng(0)
        times = SUBSAMPLES if len(rows) >= SMALLEST_BUCKET else 0
        samples.append([generator.choice(rows, min(large), replace=False) for _ in range(times)])
    return samples


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
