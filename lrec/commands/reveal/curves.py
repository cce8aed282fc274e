"""Quality as a function of the items that a model is shown of the same users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Floats, Ints, nan_mean
from lrec.evaluation.statistics import bootstrap, interval

if TYPE_CHECKING:
    import pandas as pd

PLATEAU = 0.9  # share of a curve's best value from which it counts as flat
EARLY = 8  # items up to which the area under the curve is taken
SHORTEST = 5  # fewest items of a curve


@dataclass(frozen=True)
class ModelCurves:
    """Values of one model for each user, the mean over its seeds.

    Attributes:
        name: of the model.
        values, covered: `(users, lengths)` metric, and share of seeds whose list was
            personalised; NaN where the user's history is shorter.
        whole: `(users,)` metric with the whole history.
        competes: True if it may win; an oracle may not.
    """

    name: str
    values: Floats
    covered: Floats
    whole: Floats
    competes: bool = True


@dataclass(frozen=True)
class Curves:
    """Curves of all models; a cohort is all users whose history has that many items or more.

    Attributes:
        cohorts: rising; every curve is over one cohort, so over the same users at all its points.
        points: cohort, model, n, users, value, low, high, covered.
        summary: cohort, model, users, plateau (best value), needed (n*, the fewest items with 90 %
            of it) and area (mean height of the curve up to 8 items), with bounds `_low`, `_high`.
        winners: cohort, n, model, second, lead, low, high, decided (the interval is above 0).
        natural: model, n, up_to, and users, value, low, high of those who have from n to up_to
            items, and `cut_users`, `cut`, `cut_low`, `cut_high` of those who have more and were
            shown n.
    """

    cohorts: list[int]
    points: pd.DataFrame
    summary: pd.DataFrame
    winners: pd.DataFrame
    natural: pd.DataFrame


def reveal_curves(
    models: Sequence[ModelCurves],
    history: Ints,
    lengths: Sequence[int],
    min_users: int,
    resamples: int,
) -> Curves:
    """Curves of all models, with 95 % intervals by paired bootstrap over users.

    Args:
        models: of the same users.
        history: `(users,)` items that each user has.
        lengths: rising numbers of items shown.
        min_users: fewest users of a cohort.

    Raises:
        ValueError: no cohort has enough users.
    """
    import pandas as pd

    n_users = {n: int((history >= n).sum()) for n in lengths if n >= SHORTEST}
    # Where two cohorts have the same users, the longer curve holds the other.
    cohorts = list({users: n for n, users in n_users.items() if users >= min_users}.values())
    if not cohorts:
        raise ValueError(
            f"a curve needs {min_users} users with {SHORTEST} items or more. Received: "
            f"{int((history >= SHORTEST).sum())} of {len(history)} users held out"
        )
    points: list[dict[str, Any]] = []
    summary: list[dict[str, Any]] = []
    winners: list[dict[str, Any]] = []
    for cohort in cohorts:
        users = history >= cohort
        shown = np.array([n for n in lengths if n <= cohort])
        values = np.stack([m.values[users][:, : len(shown)] for m in models], axis=1)
        draws = bootstrap(values.reshape(users.sum(), -1), resamples)
        draws = draws.reshape(resamples, *values.shape[1:])
        value = values.mean(axis=0)
        covered = np.stack([m.covered[users][:, : len(shown)].mean(axis=0) for m in models])
        for index, model in enumerate(models):
            key = {"cohort": cohort, "model": model.name, "users": int(users.sum())}
            points += _points(key, shown, value[index], draws[:, index], covered[index])
            summary.append(_summary(key, shown, value[index], draws[:, index]))
        competing = [index for index, m in enumerate(models) if m.competes]
        if len(competing) > 1:
            names = [models[index].name for index in competing]
            winners += _winners(cohort, names, shown, value[competing], draws[:, competing])
    return Curves(
        cohorts=cohorts,
        points=pd.DataFrame(points),
        summary=pd.DataFrame(summary),
        winners=pd.DataFrame(winners),
        natural=pd.DataFrame(_natural(models, history, lengths, min_users, resamples)),
    )


def needed(curves: Floats, shown: Ints) -> Ints:
    """n*: the fewest items with 90 % of a curve's best value; curves are `(…, lengths)`."""
    best = curves.max(axis=-1, keepdims=True)
    fewest: Ints = shown[(curves >= PLATEAU * best).argmax(axis=-1)]
    return fewest


def area(curves: Floats, shown: Ints) -> Floats:
    """Mean height of curves `(…, lengths)` from 0 to 8 items, by the trapezoid rule."""
    early = shown <= EARLY
    mean: Floats = np.trapezoid(curves[..., early], shown[early], axis=-1) / shown[early].max()
    return mean


def _points(
    key: dict[str, Any], shown: Ints, value: Floats, draws: Floats, covered: Floats
) -> list[dict[str, Any]]:
    low, high = interval(draws)
    return [
        {
            "cohort": key["cohort"],
            "model": key["model"],
            "n": int(n),
            "users": key["users"],
            "value": value[index],
            "low": low[index],
            "high": high[index],
            "covered": covered[index],
        }
        for index, n in enumerate(shown)
    ]


def _summary(key: dict[str, Any], shown: Ints, value: Floats, draws: Floats) -> dict[str, Any]:
    row = {**key, "plateau": value.max()}
    for name, measure in (("needed", needed), ("area", area)):
        bounds = np.quantile(measure(draws, shown), [0.025, 0.975], method="inverted_cdf")
        row |= {
            name: measure(value, shown).item(),
            f"{name}_low": bounds[0],
            f"{name}_high": bounds[1],
        }
    return row


def _winners(
    cohort: int, names: Sequence[str], shown: Ints, value: Floats, draws: Floats
) -> list[dict[str, Any]]:
    """The best model at each length, and the interval of its lead over the second."""
    rows = []
    for index, n in enumerate(shown):
        second, best = np.argsort(value[:, index], kind="stable")[-2:]
        lead = draws[:, best, index] - draws[:, second, index]
        low, high = interval(lead[:, None])
        rows.append(
            {
                "cohort": cohort,
                "n": int(n),
                "model": names[best],
                "second": names[second],
                "lead": value[best, index] - value[second, index],
                "low": low[0],
                "high": high[0],
                "decided": bool(low[0] > 0),
            }
        )
    return rows


def _natural(
    models: Sequence[ModelCurves],
    history: Ints,
    lengths: Sequence[int],
    min_users: int,
    resamples: int,
) -> list[dict[str, Any]]:
    """Users who have few items, beside those who have more and were shown as few."""
    rows = []
    for index, (n, following) in enumerate(pairwise(lengths)):
        short = (history >= n) & (history < following)
        longer = history >= following
        for model in models:
            row: dict[str, Any] = {"model": model.name, "n": n, "up_to": following - 1}
            for prefix, users, values in (
                ("", short, model.whole),
                ("cut_", longer, model.values[:, index]),
            ):
                name = prefix.rstrip("_") or "value"
                row |= {f"{prefix}users": int(users.sum()), name: None}
                row |= {f"{prefix}low": None, f"{prefix}high": None}
                if users.sum() >= min_users:
                    chosen = values[users][:, None]
                    low, high = interval(bootstrap(chosen, resamples))
                    row |= {
                        name: nan_mean(chosen, axis=0)[0],
                        f"{prefix}low": low[0],
                        f"{prefix}high": high[0],
                    }
            rows.append(row)
    return rows
