"""Weights by length: the formula, the best likelihood, and the halves that they are fitted on."""

from __future__ import annotations

import itertools
import math

import numpy as np

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model.blend.fitting import halves
from lrec.model.blend.mixture import Examples, Mixture, fit_mixture, log_likelihood


def examples(n: int = 400) -> tuple[Examples, np.ndarray]:
    """Two members, of which the first is better for short histories, the second for long ones."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 30, n)
    logs = np.log(generator.uniform(0.02, 0.05, (n, 2)))
    logs[:, 0] += np.where(lengths < 8, 1.5, 0)
    logs[:, 1] += np.where(lengths < 8, 0, 1.5)
    return Examples(lengths, np.ones((n, 2), bool), np.ones(n)), logs


def test_weights_are_a_softmax_by_log_length_over_members_with_scores() -> None:
    mixture = Mixture(np.array([0.5, -0.2, 0.0]), np.array([0.3, 0.0, -0.4]), 2, 8)
    available = np.array([[True, True, True], [True, False, True], [False, False, False]])
    weights = mixture.weights(np.array([5, 100, 0]), available)
    odds = [
        [math.exp(a + b * math.log(1 + n)) for a, b in ((0.5, 0.3), (-0.2, 0), (0, -0.4))]
        for n in (5, 8)
    ]
    second = [odds[1][0], 0, odds[1][2]]
    golden = [[o / sum(odds[0]) for o in odds[0]], [o / sum(second) for o in second], [0, 0, 0]]
    np.testing.assert_allclose(weights, golden, rtol=1e-6)


def test_the_fit_is_the_best_of_a_grid_and_follows_length() -> None:
    given, logs = examples()
    fitted = fit_mixture(given, logs)

    def value(level: float, slope: float) -> float:
        mixture = Mixture(np.array([0, level]), np.array([0, slope]), 1, 29)
        weights = mixture.weights(given.lengths, given.available).astype(float)
        return log_likelihood(weights, logs, given.share)

    own = fitted.weights(given.lengths, given.available).astype(float)
    reached = log_likelihood(own, logs, given.share)
    grid = itertools.product(np.linspace(-12, 4, 33), np.linspace(-2, 6, 33))
    best = max(value(level, slope) for level, slope in grid)
    assert reached > best - 2e-3  # the ridge on slopes costs a little
    short, long = fitted.weights(np.array([1, 29]), np.ones((2, 2), bool))
    assert short[0] > 0.8
    assert long[1] > 0.8


def test_the_likelihood_is_that_of_the_mixture() -> None:
    weights = np.array([[0.25, 0.75], [1.0, 0.0]])
    logs = np.log([[0.1, 0.2], [0.5, 0.9]])
    golden = (2 * math.log(0.25 * 0.1 + 0.75 * 0.2) + math.log(0.5)) / 3
    assert math.isclose(log_likelihood(weights, logs, np.array([2.0, 1.0])), golden)


def test_halves_are_all_users_once_and_always_the_same() -> None:
    histories = Histories.of([[code] for code in range(11)])
    queries = Queries(histories, histories, histories)
    one, two = halves(queries)
    assert (len(one), len(two)) == (6, 5)
    assert sorted([*one.target.item, *two.target.item]) == list(range(11))
    assert halves(queries)[0].target.item.tolist() == one.target.item.tolist()
