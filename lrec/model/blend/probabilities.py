"""Scores of any scale to probabilities over the items that a user can be recommended."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from lrec.base.arrays import Floats, Ints

EXPONENTIAL, POWER, RANK = "exponential", "power", "rank"
FLOOR = 1e-3  # of a score relative to the best one, where probabilities are powers
USUAL = 100.0  # best scores up to it, and down to its inverse, need not be divided by
BEST = 10.0  # ranks that hardly differ
LOG_2 = np.log(2)
HIGHEST = 20.0  # log odds of a history's own item to the best of the others, at most
# Exponents that are tried. Of the first kind they are log odds of the best to the average item.
SHARPNESS = {
    EXPONENTIAL: np.geomspace(1, 64, 13),
    POWER: np.geomspace(0.35, 5.6, 9),
    RANK: np.geomspace(0.5, 4, 7),
}
SHAPES = {"probability": (EXPONENTIAL, POWER), "rank": (RANK,)}


@dataclass(frozen=True)
class ScoreScale:
    """A map from the scores s of one user to odds of items, of which shares are probabilities.

    exponential: exp(θ s / unit), a softmax of scores; power: (s⁺ / s_best + .001)^θ, for scores
    that are counts or sums of weights; rank: (1 + r / 10)^−θ, with r the rank from 0.

    Attributes:
        shape: one of the three.
        sharpness: θ.
        unit: difference between the best and the average item of a usual user.
    """

    shape: str
    sharpness: float
    unit: float

    def logs(self, scores: Floats, row: Ints, column: Ints) -> Floats:
        """Turn scores into logs of odds, up to a constant of each row and a factor, in place.

        Args:
            scores: `(n, n_items)` float32; the items of the history become -inf.
            row, column: of the items of the history.

        Returns:
            The same of the items of the history, which are no part of the sum of odds.
        """
        own = scores[row, column]
        if self.shape == POWER:
            floor = FLOOR * (top := best(scores))
            if top.min() < 1 / USUAL or top.max() > USUAL:  # powers of it may be no float32
                scores *= (1 / top)[:, None]
                floor = np.full_like(top, FLOOR)
            nothing = np.zeros(scores.shape[1], np.float32)  # a number takes four times as long
            np.maximum(scores, nothing, out=scores)
            scores += floor[:, None]
            np.log(scores, out=scores)
            own = scores[row, column]
            scores[row, column] = -np.inf
            return own
        scores[row, column] = -np.inf
        if self.shape == RANK:
            scores[...] = -np.log1p(ranks(scores) / np.float32(BEST))
            scores[row, column] = -np.inf
            return np.zeros(len(own), np.float32)
        top = scores.max(axis=1)
        top[np.isneginf(top)] = 0  # nothing is left to recommend
        scores -= top[:, None]
        own -= top[row]
        return own

    @property
    def factor(self) -> float:
        """Log odds are `logs` times it."""
        return self.sharpness / (self.unit if self.shape == EXPONENTIAL else 1)

    def odds(self, scores: Floats, row: Ints, column: Ints) -> Floats:
        """Turn scores into odds in place, and return the sum of each row's, `(n,)` float32.

        The history's own items have odds too, which are no part of the sum.
        """
        own = self.logs(scores, row, column)
        scores *= np.float32(self.factor / LOG_2)
        np.exp2(scores, out=scores)  # in half the time of exp
        total: Floats = np.einsum("ij->i", scores)  # BLAS would start threads inside of threads
        total[total == 0] = 1
        own *= np.float32(self.factor)
        scores[row, column] = np.exp(np.minimum(own, HIGHEST))
        return total


def best(scores: Floats) -> Floats:
    """The highest score of each row, `(n,)`; 1 where none is above 0."""
    top: Floats = scores.max(axis=1)
    top[top < np.finfo(np.float32).tiny] = 1
    return top


def scales(kind: str, unit: float) -> list[ScoreScale]:
    """Every scale that is tried.

    Args:
        kind: `probability` or `rank`.
    """
    pairs = [pair for shape in SHAPES[kind] for pair in product([shape], SHARPNESS[shape])]
    return [ScoreScale(shape, float(sharpness), unit) for shape, sharpness in pairs]


def usual_unit(scores: Floats, row: Ints, column: Ints) -> float:
    """Median over users of what the best item's score is above the average one.

    Args:
        scores: `(n, n_items)`, which stay as they are.
        row, column: of the items of the histories, which are not the best ones.
    """
    own = scores[row, column]
    scores[row, column] = -np.inf
    top = scores.max(axis=1)
    scores[row, column] = own
    unit = float(np.median(top - scores.mean(axis=1)))
    return unit if np.isfinite(unit) and unit > 0 else 1.0


def ranks(scores: Floats) -> Floats:
    """Rank of each score in its row, from 0 for the best; equal ones have the rank of the first."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, 1)
    new = np.ones(scores.shape, bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(new, np.arange(scores.shape[1]), 0), axis=1)
    found = np.empty(scores.shape, np.float32)
    np.put_along_axis(found, order, first.astype(np.float32), 1)
    return found
