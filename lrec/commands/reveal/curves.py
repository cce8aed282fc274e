"""Quality as a function of the items that a model is shown of the same users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, nan_mean
from lrec.base.errors import DataError
from lrec.commands.reveal.curve_measures import area, leads_from, needed, own_points
from lrec.evaluation.references import POPULARITY
from lrec.evaluation.statistics import bootstrap, interval

if TYPE_CHECKING:
    import pandas as pd

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
        points: cohort, model, n, users, value, low, high, covered, personalised (most answers are
            the model's own; the others are drawn, and count nowhere else).
        summary: cohort, model, users, competes, plateau (best value), needed (n*, the fewest items
            from which on the curve stays at 90 % of it), area (mean height from 1 to 8 items) and
            leads (the fewest items from which on it stays above popularity), with bounds `_low`,
            `_high`. Infinite where no number of items is enough; `leads` is NaN for popularity.
        winners: cohort, n, model, second, lead, low, high, decided (the interval is above 0), among
            models that answer themselves; no row where fewer than two do.
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
        DataError: no cohort has enough users.
    """
    import pandas as pd

    cohorts = cohorts_of(history, lengths, min_users)
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
        own = own_points(covered)
        # the value first, then its draws
        drawn = np.concatenate([value[None], draws])
        popularity = next((drawn[:, i] for i, m in enumerate(models) if m.name == POPULARITY), None)
        for index, model in enumerate(models):
            key = {"cohort": cohort, "model": model.name, "users": int(users.sum())}
            points += _points(key, shown, value[index], draws[:, index], covered[index])
            other = None if model.name == POPULARITY else popularity
            row = _summary(shown, own[index], drawn[:, index], other)
            summary.append({**key, "competes": model.competes, **row})
        names = [model.name for model in models]
        may_win = own & np.array([model.competes for model in models])[:, None]
        winners += _winners(cohort, names, shown, value, draws, may_win)
    return Curves(
        cohorts=cohorts,
        points=pd.DataFrame(points),
        summary=pd.DataFrame(summary),
        winners=pd.DataFrame(winners),
        natural=pd.DataFrame(_natural(models, history, lengths, min_users, resamples)),
    )


def cohorts_of(history: Ints, lengths: Sequence[int], min_users: int) -> list[int]:
    """The fewest items that the users of each curve have; see `reveal_curves`.

    Raises:
        DataError: no cohort has enough users.
    """
    n_users = {n: int((history >= n).sum()) for n in lengths if n >= SHORTEST}
    # Where two cohorts have the same users, the longer curve holds the other.
    cohorts = list({users: n for n, users in n_users.items() if users >= min_users}.values())
    if not cohorts:
        raise DataError(
            f"a curve needs {min_users} users with {SHORTEST} items or more: hold out more users "
            "(split.test), or set min_users. Received: "
            f"{int((history >= SHORTEST).sum())} of {len(history)} users held out"
        )
    return cohorts


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
            "personalised": bool(own_points(covered[index])),
        }
        for index, n in enumerate(shown)
    ]


def _summary(shown: Ints, own: Bools, drawn: Floats, popularity: Floats | None) -> dict[str, float]:
    """Measures of a curve, and their bounds.

    Args:
        own: `(lengths,)` where the model answers itself.
        drawn: `(1 + resamples, lengths)`, the curve first.
        popularity: popularity's, of the same shape; None where there is nothing to compare with.
    """
    lengths, curves = shown[own], drawn[:, own]
    nothing = np.full(len(drawn), np.nan)
    measured = {"needed": np.full(len(drawn), np.inf), "area": nothing, "leads": nothing}
    if own.any():
        measured |= {"needed": needed(curves, lengths), "area": area(curves, lengths)}
    if popularity is not None:
        measured["leads"] = leads_from(curves, popularity[:, own], lengths)
    row = {"plateau": curves[0].max(initial=-np.inf)}
    for name, (value, *draws) in measured.items():
        low, high = np.quantile(draws, [0.025, 0.975], method="inverted_cdf")
        row |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return row


def _winners(
    cohort: int, names: Sequence[str], shown: Ints, value: Floats, draws: Floats, may_win: Bools
) -> list[dict[str, Any]]:
    """The best model at each length, and the interval of its lead over the second.

    Args:
        may_win: `(models, lengths)`.
    """
    rows = []
    for index in np.flatnonzero(may_win.sum(axis=0) > 1):
        able = np.flatnonzero(may_win[:, index])
        second, best = able[np.argsort(value[able, index], kind="stable")[-2:]]
        lead = draws[:, best, index] - draws[:, second, index]
        low, high = interval(lead[:, None])
        rows.append(
            {
                "cohort": cohort,
                "n": int(shown[index]),
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
