"""Pins the bias model to a plain reimplementation, and calibrated scores to what they promise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.score_calibration import ScoreCalibration
from lrec.model.common.bias import BiasModel

Rated = list[tuple[int, float]]  # a user's items with their ratings
N_ITEMS = 6
OUTSIDE = N_ITEMS + 1


def histories(users: list[Rated]) -> Histories:
    return Histories.of(
        [[item for item, _ in user] for user in users], [[r for _, r in user] for user in users]
    )


def queries_of(history: list[Rated], target: list[Rated]) -> Queries:
    return Queries(histories(history), histories(history), histories(target))


@dataclass
class Plain:
    """The bias model in loops, from its docstring: μ + b_u + b_i, fitted in alternation."""

    train: list[Rated]
    user_shrink: float = 5.0
    item_shrink: float = 5.0
    rounds: int = 10

    def __post_init__(self) -> None:
        ratings = [rating for user in self.train for _, rating in user]
        self.mean = sum(ratings) / len(ratings)
        self.scale = min(ratings), max(ratings)
        self.item = dict.fromkeys(range(N_ITEMS), 0.0)
        for _ in range(self.rounds):
            biases = [self.user(user) for user in self.train]
            for item in self.item:
                rest = [
                    rating - self.mean - bias
                    for user, bias in zip(self.train, biases, strict=True)
                    for taken, rating in user
                    if taken == item
                ]
                self.item[item] = sum(rest) / (len(rest) + self.item_shrink)

    def user(self, history: Rated) -> float:
        rest = [rating - self.mean - self.item.get(item, 0.0) for item, rating in history]
        return sum(rest) / (len(rest) + self.user_shrink)

    def predict(self, history: Rated, item: int) -> float:
        low, high = self.scale
        return min(max(self.mean + self.user(history) + self.item.get(item, 0.0), low), high)


def random_users(seed: int, n_users: int = 12, n_codes: int = N_ITEMS) -> list[Rated]:
    generator = np.random.default_rng(seed)
    return [
        [
            (int(item), float(generator.integers(2, 11)) / 2)
            for item in generator.choice(n_codes, generator.integers(0, 5), replace=False)
        ]
        for _ in range(n_users)
    ]


def fit(train: list[Rated], **options: float) -> BiasModel:
    return BiasModel.fit(histories(train), N_ITEMS, **options)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "options", [{}, {"user_shrink": 0.5, "item_shrink": 20.0}, {"rounds": 1}, {"rounds": 0}]
)
def test_equals_a_plain_bias_model(seed: int, options: dict[str, float]) -> None:
    train = random_users(seed)
    model, plain = fit(train, **options), Plain(train, **options)
    assert model.mean == pytest.approx(plain.mean)
    assert model.scale == plain.scale
    assert model.item.tolist() == pytest.approx(list(plain.item.values()), abs=1e-6)
    # Folding in: other people, who have items outside the catalogue too.
    others = random_users(seed + 100, n_codes=N_ITEMS + 3)
    expected = [plain.user(user) for user in others]
    assert model.user(histories(others)).tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_predicts_like_a_plain_bias_model(seed: int) -> None:
    train, history = random_users(seed), random_users(seed + 100, n_codes=N_ITEMS + 3)
    target = random_users(seed + 200, n_codes=N_ITEMS + 3)
    model, plain = fit(train), Plain(train)
    received = model.predict(queries_of(history, target))
    expected = [
        plain.predict(history, item)
        for history, targets in zip(history, target, strict=True)
        for item, _ in targets
    ]
    assert received.tolist() == pytest.approx(expected, abs=1e-6)


def test_by_hand() -> None:
    # Mean 3. One round: users ±2 / (1 + 1), items (±2 ∓ 1) / (1 + 1).
    model = fit([[(0, 5)], [(1, 1)]], user_shrink=1, item_shrink=1, rounds=1)
    assert model.mean == 3
    assert model.item.tolist() == [0.5, -0.5, 0, 0, 0, 0]
    assert model.user(histories([[(0, 4)], [(0, 4), (1, 3)], []])).tolist() == [0.25, 1 / 3, 0]
    queries = queries_of([[(0, 4)]], [[(1, 1), (2, 1)]])
    assert model.predict(queries).tolist() == [3 + 0.25 - 0.5, 3 + 0.25]


def test_empty_history_and_unknown_item_give_the_mean() -> None:
    model = fit([[(0, 5), (1, 2)], [(1, 1)]])
    assert model.predict(queries_of([[]], [[(OUTSIDE, 1)]])).tolist() == [model.mean]


def test_an_item_outside_leaves_the_user_part() -> None:
    model = fit([[(0, 5), (1, 2)], [(1, 1)]])
    history: Rated = [(0, 5), (OUTSIDE, 5)]
    (received,) = model.predict(queries_of([history], [[(OUTSIDE, 1)]]))
    user = (5 - model.mean - model.item[0] + 5 - model.mean) / (2 + model.user_shrink)
    assert received == pytest.approx(model.mean + user)


def test_predictions_keep_to_the_scale() -> None:
    model = fit([[(0, 4)] * 50, [(1, 2)] * 50], user_shrink=0.01, item_shrink=0.01)
    queries = queries_of([[(1, 40)], [(0, -40)]], [[(0, 1)], [(1, 1)]])
    assert model.predict(queries).tolist() == [4, 2]


@dataclass
class Planted:
    """Users and items with biases, and a score that bends the rest of the rating monotonically."""

    seed: int = 0
    n_users: int = 400
    n_items: int = 50

    def __post_init__(self) -> None:
        generator = np.random.default_rng(self.seed)
        self.liking = generator.uniform(-1, 1, (self.n_users, self.n_items))
        user, item = generator.normal(0, 0.5, self.n_users), generator.normal(0, 0.5, self.n_items)
        noise = generator.normal(0, 0.2, self.liking.shape)
        self.rating = (5 + user[:, None] + item + 2 * self.liking + noise).clip(0, 10)
        self.score = np.exp(4 * self.liking)
        drawn = generator.permuted(np.tile(np.arange(self.n_items), (self.n_users, 1)), axis=1)
        self.train, self.validation, self.test = drawn[:, :12], drawn[:, 12:15], drawn[:, 15:18]
        self.bias = BiasModel.fit(self.histories(self.train), self.n_items)

    def histories(self, items: np.ndarray) -> Histories:
        """The first users with the given items, `(n, m)`."""
        rating = np.take_along_axis(self.rating[: len(items)], items, axis=1)
        return Histories.of(items.tolist(), rating.tolist())

    def query(self, items: np.ndarray) -> tuple[Queries, np.ndarray]:
        history = self.histories(self.train[: len(items)])
        scores = np.take_along_axis(self.score[: len(items)], items, axis=1).ravel()
        return Queries(history, history, self.histories(items)), scores.astype(np.float32)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


@pytest.fixture(scope="module")
def calibration(planted: Planted) -> ScoreCalibration:
    fitted = ScoreCalibration.fit(planted.bias, *planted.query(planted.validation))
    assert fitted is not None
    return fitted


def error(predicted: np.ndarray, queries: Queries) -> float:
    return float(np.mean((predicted - queries.target.rating) ** 2))


def test_recovers_a_planted_relation(planted: Planted, calibration: ScoreCalibration) -> None:
    queries, scores = planted.query(planted.test)
    bias = error(planted.bias.predict(queries), queries)
    assert bias > 1.2, "liking alone spreads ratings by 4/3"
    assert error(calibration.predict(queries, scores), queries) < bias / 4


def test_only_the_order_of_scores_matters(planted: Planted, calibration: ScoreCalibration) -> None:
    queries, scores = planted.query(planted.validation)
    other = ScoreCalibration.fit(planted.bias, queries, np.log(scores) - 7)
    np.testing.assert_allclose(
        other.predict(queries, np.log(scores) - 7), calibration.predict(queries, scores), atol=1e-4
    )


def test_is_monotone_in_the_score(planted: Planted, calibration: ScoreCalibration) -> None:
    queries, _ = planted.query(planted.test[:1, :1])
    scores = np.concatenate([[-1e9, -1], np.linspace(0, 60, 200), [1e9]]).astype(np.float32)
    predicted = [calibration.predict(queries, np.array([score])).item() for score in scores]
    assert (np.diff(predicted) >= 0).all()
    assert predicted[-1] - predicted[0] > 2
    assert (np.diff(calibration.values) >= 0).all()
    assert (np.diff(calibration.knots) > 0).all()


def test_useless_scores_do_no_harm(planted: Planted) -> None:
    generator = np.random.default_rng(1)
    queries, scores = planted.query(planted.validation)
    useless = ScoreCalibration.fit(planted.bias, queries, generator.permutation(scores))
    again, scores = planted.query(planted.test)
    received = error(useless.predict(again, generator.permutation(scores)), again)
    assert received < 1.05 * error(planted.bias.predict(again), again)


@pytest.mark.parametrize(("n_scores", "fitted"), [(0, False), (19, False), (20, True)])
def test_too_few_scores_give_none(planted: Planted, n_scores: int, fitted: bool) -> None:
    queries, scores = planted.query(planted.validation)
    scores[n_scores:] = np.nan
    assert (ScoreCalibration.fit(planted.bias, queries, scores) is not None) == fitted


def test_no_ratings_give_none(planted: Planted) -> None:
    queries, scores = planted.query(planted.validation)
    bare = Histories.of(planted.validation.tolist())
    assert (
        ScoreCalibration.fit(
            planted.bias, Queries(queries.history, queries.train_history, bare), scores
        )
        is None
    )


def test_without_a_score_the_means_decide(planted: Planted, calibration: ScoreCalibration) -> None:
    queries, scores = planted.query(planted.test)
    scores[::2] = np.nan
    predicted = calibration.predict(queries, scores)
    assert np.isfinite(predicted).all()
    means = np.column_stack(
        [
            np.ones(len(scores)),
            planted.bias.mean + planted.bias.user(queries.history)[queries.target.row],
            planted.bias.mean + planted.bias.item[queries.target.item],
        ]
    )
    expected = (means @ calibration.weights).clip(*planted.bias.scale)
    np.testing.assert_allclose(predicted[::2], expected[::2])


def test_items_outside_go_to_the_bias_model(
    planted: Planted, calibration: ScoreCalibration
) -> None:
    history = planted.histories(planted.train[:4])
    target = Histories.of([[planted.n_items + place] for place in range(3)] + [[-1]], [[5]] * 4)
    queries = Queries(history, history, target)
    received = calibration.predict(queries, np.full(4, np.nan, np.float32))
    np.testing.assert_array_equal(received, planted.bias.predict(queries))


def test_calibrated_ratings_keep_to_the_scale(
    planted: Planted, calibration: ScoreCalibration
) -> None:
    queries, scores = planted.query(planted.test)
    low, high = planted.bias.scale
    steep = ScoreCalibration(
        calibration.bias, calibration.weights, calibration.knots, calibration.values * 100
    )
    predicted = steep.predict(queries, scores)
    assert predicted.min() == low
    assert predicted.max() == high
