"""Chances that a user's next item is one that nobody has had before, and which one it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse
from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories

TEMPERATURES = np.geomspace(0.05, 3.2, 13)
CHOICES, AGAINST = 1000, 5000  # that the temperature is fitted to: choices, and items beside theirs
SAMPLE = 2000  # users that places are shared out by
PENALTY = 1e-3  # of the regression's slopes, for data that it can separate


@dataclass(frozen=True)
class FirstChoice:
    """P(j | history) = P(new | history) · P(j | new, history) of items j that nobody trained on.

    Both are learnt from users' newest training interactions. An item that nobody else has was new
    then: their share estimates the chance of an unseen item (Good 1953, "The population frequencies
    of species"). Given the rest of the history,

    - P(new | history) is a logistic regression on the mean log popularity of its items and the log
      of its length: who has tried what few have goes on to do so;
    - P(j | new, history) is a softmax over those items of cos(profile, c_j) / temperature, where
      the profile is Σ_i pop_i^-1/2 c_i, and c_i is the vector of item i scaled to length 1. The
      temperature has the greatest likelihood.

    Attributes:
        regression: intercept and slopes, `(3,)`.
        temperature: of the softmax.
        share: mean of P(new | history) over training users.
    """

    regression: Floats
    temperature: float
    share: float

    @classmethod
    def fit(cls, train: Histories, catalogue: Catalogue, seed: int = 0) -> FirstChoice:
        """Learn from training histories.

        Args:
            train: oldest first, within the catalogue.
            catalogue: with vectors of the items.
            seed: of the samples.
        """
        train = train.take(np.flatnonzero(train.lengths > 1))
        newest = train.item[train.offsets[1:] - 1]
        rest = _without_newest(train)
        is_new = catalogue.popularity[newest] == 1
        measures = _measures(rest, catalogue)
        regression = _logistic(measures, is_new)
        draw = np.random.default_rng(seed)
        temperature = _temperature(
            rest.take(np.flatnonzero(is_new)), newest[is_new], catalogue, draw
        )
        share = float(_probability(measures, regression).mean()) if len(train) else 0.0
        return cls(regression, temperature, share)

    def log_probabilities(
        self, histories: Histories, catalogue: Catalogue, vectors: Floats
    ) -> Floats:
        """log P(j | history) of items, `(n, m)` float64.

        Args:
            vectors: `(m, width)` of the items, as `unit_vectors` gives them.
        """
        new = _probability(_measures(histories, catalogue), self.regression)
        match = _profiles(histories, catalogue) @ vectors.T
        return np.asarray(np.log(new)[:, None] + _log_softmax(match / self.temperature))


def _without_newest(train: Histories) -> Histories:
    """Histories, none of them empty, without the newest item of each."""
    older = np.ones(len(train.item), bool)
    older[train.offsets[1:] - 1] = False
    offsets = train.offsets - np.arange(len(train.offsets))
    return Histories(train.user, offsets, train.item[older])


def _measures(histories: Histories, catalogue: Catalogue) -> Floats:
    """1, mean log popularity, and log length of each history, `(n, 3)`; an empty one is of 1."""
    log = np.log(np.maximum(catalogue.popularity, 1))
    inside = histories.within(catalogue.n_items)
    total = np.bincount(inside.row, weights=log[inside.item], minlength=len(inside))
    length = np.maximum(inside.lengths, 1)
    return np.stack([np.ones(len(inside)), total / length, np.log(length)], axis=1)


def _probability(measures: Floats, regression: Floats) -> Floats:
    odds: Floats = 1 / (1 + np.exp(-np.clip(measures @ regression, -30, 30)))
    return odds


def _logistic(measures: Floats, is_new: Bools) -> Floats:
    """Coefficients `(3,)` of greatest likelihood, by Newton's method.

    Half a new choice is added, so that there is a chance where none was seen.
    """
    n = max(len(is_new), 1)
    penalty = np.diag([0.0, PENALTY, PENALTY]) * n
    target = (is_new * n + 0.5) / (n + 1)
    start = np.log((target.mean() if len(target) else 0.5) + 1e-12)
    regression = np.array([start, 0.0, 0.0])
    for _ in range(30):
        chance = _probability(measures, regression)
        gradient = measures.T @ (target - chance) - penalty @ regression
        curvature = (measures * (chance * (1 - chance))[:, None]).T @ measures
        step = np.linalg.solve(curvature + penalty + 1e-9 * np.eye(3), gradient)
        regression = regression + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    return regression


def _temperature(
    histories: Histories, chosen: Ints, catalogue: Catalogue, draw: np.random.Generator
) -> float:
    """The temperature of greatest likelihood of the chosen items among those of one user."""
    some = np.sort(draw.permutation(len(chosen))[:CHOICES])
    histories, chosen = histories.take(some), chosen[some]
    single = np.flatnonzero(catalogue.popularity == 1)
    against = draw.permutation(single)[:AGAINST]
    items = unique(np.concatenate([against, chosen]))
    if len(items) < 2:
        return 1.0
    match = _profiles(histories, catalogue) @ unit_vectors(catalogue, items).T
    pairs = np.arange(len(chosen)), np.searchsorted(items, chosen)
    likelihoods = [_log_softmax(match / t)[pairs].sum() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmax(likelihoods))])


def _profiles(histories: Histories, catalogue: Catalogue) -> Floats:
    """Σ pop_i^-1/2 c_i of each history, scaled to length 1, `(n, width)`."""
    from scipy.sparse import csr_array

    inside = histories.within(catalogue.n_items)
    items, codes = np.unique(inside.item, return_inverse=True)
    weight = 1 / np.sqrt(np.maximum(catalogue.popularity[items], 1))
    entries = (weight[codes], codes, inside.offsets)
    users: Sparse = csr_array(entries, shape=(len(inside), len(items)))
    return _scaled(users @ unit_vectors(catalogue, items))


def unit_vectors(catalogue: Catalogue, items: Ints) -> Floats:
    """Vectors of the items `(m,)`, scaled to length 1 where they are not 0, `(m, width)`."""
    vectors = catalogue.features.vectors
    assert vectors is not None
    return _scaled(vectors[items].astype(np.float64))


def _scaled(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    return scaled


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
