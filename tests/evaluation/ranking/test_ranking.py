"""Pins ranked lists to a plain sort, and ties, masks, fallbacks and bad scores to their rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.fixed import Fixed, different_scores

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker, Ranking, batch_ranking, user_batches


class Unpersonalised(Fixed):
    """Falls back for an empty history."""

    scores_empty = False


def queries_of(
    histories: Sequence[Sequence[int]], targets: Sequence[Sequence[int]] | None = None
) -> Queries:
    """Queries of users 0, 1, 2, …"""
    user = np.arange(len(histories), dtype=np.int32)
    history = replace(Histories.of(histories), user=user)
    target = replace(Histories.of(targets or [[] for _ in histories]), user=user)
    return Queries(history, history, target)


def empty_histories(n: int) -> Queries:
    return queries_of([[] for _ in range(n)])


def random_histories(n_users: int, n_items: int, seed: int = 1) -> list[list[int]]:
    """Histories of all lengths, from none to the whole catalogue; some items lie outside it."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(0, min(n_items, 30) + 3, n_users)
    lengths[0] = n_items
    return [generator.permutation(n_items + 2)[:length].tolist() for length in lengths]


def by_sorting(scores: np.ndarray, history: Sequence[int], k: int) -> list[int]:
    """The k best items outside the history, -1 where there are no more."""
    free = [item for item in range(len(scores)) if item not in set(history)]
    best = sorted(free, key=lambda item: -float(scores[item]))[:k]
    return best + [-1] * (min(k, len(scores)) - len(best))


@pytest.mark.parametrize("k", [1, 5, 20, 40])
@pytest.mark.parametrize("n_items", [3, 31, 32, 33, 700, 2000])
def test_lists_equal_a_plain_sort(n_items: int, k: int) -> None:
    scores, histories = different_scores(12, n_items), random_histories(12, n_items)
    received = Ranker(Fixed(scores), k)(queries_of(histories))
    expected = [by_sorting(row, own, k) for row, own in zip(scores, histories, strict=True)]
    assert received.items.dtype == np.int32
    assert received.items.tolist() == expected


@pytest.mark.parametrize("n_items", [33, 700])
def test_ties_never_let_a_lower_score_pass(n_items: int) -> None:
    generator = np.random.default_rng(2)
    scores = generator.choice([-1.5, -1e-3, 0.0, 2.0], (20, n_items)).astype(np.float32)
    histories = random_histories(20, n_items)
    items = Ranker(Fixed(scores), 10)(queries_of(histories)).items
    for row, own, listed in zip(scores, histories, items, strict=True):
        present = [item for item in listed.tolist() if item >= 0]
        assert len(set(present)) == len(present)
        assert not set(present) & set(own)
        expected = [row[item] for item in by_sorting(row, own, 10) if item >= 0]
        assert [row[item] for item in present] == expected


def test_all_items_seen_gives_no_list() -> None:
    items = Ranker(Fixed(np.zeros((2, 4))), 3)(queries_of([[0, 1, 2, 3], [3, 1, 0]])).items
    assert items.tolist() == [[-1, -1, -1], [2, -1, -1]]


def test_seen_twice_and_outside_is_ignored_and_counted() -> None:
    model = Fixed([[4, 3, 2, 1]])
    received = Ranker(model, 2)(queries_of([[0, 0, 4, 5, 5]]))
    assert received.items.tolist() == [[1, 2]]
    assert received.ignored == 3


def test_negative_codes_lie_outside_the_catalogue_too() -> None:
    received = Ranker(Fixed([[4, 3, 2, 1]]), 2)(queries_of([[-1, 0]], [[-1, 3, 5]]))
    assert received.items.tolist() == [[1, 2]]
    assert received.ignored == 1
    np.testing.assert_array_equal(received.target_scores, [np.nan, 1, np.nan])
    only_strange = Ranker(Unpersonalised([[4, 3, 2, 1]], POPULARITY), 2)(queries_of([[-1]]))
    assert only_strange.is_personalised.tolist() == [False]
    assert only_strange.items.tolist() == [[1, 3]]


def test_nobody_asks() -> None:
    received = Ranker(Fixed(np.zeros((0, 9))), 5)(empty_histories(0))
    assert received.items.shape == (0, 5)
    assert received.target_scores.shape == received.is_personalised.shape == (0,)


def tied(n_users: int, n_items: int, value: float = 0.0) -> np.ndarray:
    return np.full((n_users, n_items), value, np.float32)


@pytest.mark.parametrize("n_items", [20, 700])
def test_ties_are_the_same_for_every_model(n_items: int) -> None:
    queries = queries_of(random_histories(30, n_items))
    first, *others = (
        Ranker(model, 6)(queries).items.tolist()
        for model in (
            Fixed(tied(30, n_items)),
            Fixed(tied(30, n_items)),
            Fixed(tied(30, n_items, -7.25)),
            Unpersonalised(tied(30, n_items, 1e30)),
        )
    )
    assert all(other == first for other in others)


@pytest.mark.parametrize("n_items", [20, 700])
def test_longer_lists_begin_with_the_shorter(n_items: int) -> None:
    model, queries = Fixed(tied(30, n_items)), empty_histories(30)
    short, long = (Ranker(model, k)(queries).items for k in (3, 15))
    assert long[:, :3].tolist() == short.tolist()


@pytest.mark.parametrize("n_items", [20, 700])
def test_any_batch_gives_the_same_answers(n_items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    scores = generator.integers(0, 4, (25, n_items))
    targets = [generator.integers(0, n_items + 2, 3).tolist() for _ in range(25)]
    queries = queries_of(random_histories(25, n_items), targets)
    ranker = Ranker(Unpersonalised(scores, generator.integers(1, 4, n_items)), 6)
    together = ranker(queries)
    alone = [ranker(queries.take(np.array([row]))) for row in range(25)]
    shuffled = generator.permutation(25)
    mixed = ranker(queries.take(shuffled))
    monkeypatch.setattr(user_batches, "SCORES_A_BATCH", 4 * n_items)
    batched = ranker(queries)
    assert_same(batched, together)
    assert mixed.items.tolist() == together.items[shuffled].tolist()
    assert [row for ranking in alone for row in ranking.items.tolist()] == together.items.tolist()
    np.testing.assert_array_equal(
        np.concatenate([ranking.target_scores for ranking in alone]), together.target_scores
    )


def assert_same(received: Ranking, expected: Ranking) -> None:
    assert received.items.tolist() == expected.items.tolist()
    assert received.is_personalised.tolist() == expected.is_personalised.tolist()
    assert received.ignored == expected.ignored
    np.testing.assert_array_equal(received.target_scores, expected.target_scores)


def chi_square(items: np.ndarray, n_items: int) -> tuple[float, float]:
    """The statistic against equal chances, and what it may be (mean and five deviations)."""
    counts = np.bincount(items.ravel(), minlength=n_items)
    expected = items.size / n_items
    return float(((counts - expected) ** 2 / expected).sum()), n_items + 5 * (2 * n_items) ** 0.5


@pytest.mark.parametrize(("n_users", "n_items"), [(3000, 30), (3000, 700)])
def test_ties_fall_on_all_items_alike(n_users: int, n_items: int) -> None:
    items = Ranker(Fixed(tied(n_users, n_items)), 3)(empty_histories(n_users)).items
    for item in range(3):
        statistic, bound = chi_square(items[:, item], n_items)
        assert statistic < bound
    # No order that all users share: neighbours' lists are as different as strangers'.
    assert np.mean(items[1:, 0] == items[:-1, 0]) < 5 / n_items


@pytest.mark.parametrize("n_items", [90, 700])
def test_ties_at_the_end_of_the_list_fall_on_all_items_alike(n_items: int) -> None:
    scores = tied(3000, n_items)
    scores[:, 17] = 1
    items = Ranker(Fixed(scores), 2)(empty_histories(3000)).items
    assert set(items[:, 0].tolist()) == {17}
    second = items[:, 1] - (items[:, 1] > 17)
    statistic, bound = chi_square(second, n_items - 1)
    assert statistic < bound


def test_both_zeros_are_one_score() -> None:
    scores = tied(2000, 4)
    scores[:, 1] = scores[:, 3] = -0.0
    first = Ranker(Fixed(scores), 1)(empty_histories(2000)).items
    statistic, bound = chi_square(first, 4)
    assert statistic < bound


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("item", [0, 699])
def test_scores_that_are_no_numbers_fail(bad: float, item: int) -> None:
    scores = different_scores(40, 700)
    scores[39, item] = bad
    with pytest.raises(
        FloatingPointError, match=r"model=fixed .* NaN or infinite, to 1 of 40"
    ) as error:
        Ranker(Fixed(scores), 5)(empty_histories(40))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("scale", [1e-30, 1e10, 1e37])
def test_tiny_and_huge_scores(scale: float) -> None:
    scores = np.array([[3, -3, 2, 0, -1, 1]]) * scale
    assert Ranker(Fixed(scores), 6)(empty_histories(1)).items.tolist() == [[0, 2, 5, 3, 4, 1]]


def test_huge_scores_are_finite_though_their_sum_is_not() -> None:
    scores = [[1e38, 3e38, 2e38, -1e38]]
    assert Ranker(Fixed(scores), 4)(empty_histories(1)).items.tolist() == [[1, 2, 0, 3]]


POPULARITY = [5, 9, 1, 7]


def test_no_answer_falls_back_on_popularity_and_is_marked() -> None:
    # An empty history, one of unknown items only, one of a known item.
    histories, targets = [[], [4, 5], [1]], [[0, 2], [3], [2, 0]]
    scores = [[1, 2, 3, 4]] * 3
    received = Ranker(Unpersonalised(scores, POPULARITY), 3)(queries_of(histories, targets))
    assert received.is_personalised.tolist() == [False, False, True]
    assert received.items.tolist() == [[1, 3, 0], [1, 3, 0], [3, 2, 0]]
    np.testing.assert_array_equal(received.target_scores, [np.nan, np.nan, np.nan, 3, 1])


def test_fallback_breaks_ties_like_every_other_answer() -> None:
    fallback = Ranker(Unpersonalised(different_scores(50, 40), [3] * 40), 5)(empty_histories(50))
    model = Ranker(Fixed(tied(50, 40)), 5)(empty_histories(50))
    assert not fallback.is_personalised.any()
    assert model.is_personalised.all()
    assert fallback.items.tolist() == model.items.tolist()


def test_target_scores_are_the_models_own_before_masking() -> None:
    scores = different_scores(3, 50)
    histories, targets = [[7, 8], [], [1]], [[7, 9, 50], [51], [1, 1, 0]]
    received = Ranker(Fixed(scores, range(50)), 5)(queries_of(histories, targets))
    expected = [*scores[0, [7, 9]], np.nan, np.nan, *scores[2, [1, 1, 0]]]
    assert received.target_scores.dtype == np.float32
    np.testing.assert_array_equal(received.target_scores, np.array(expected, np.float32))


def test_people_outside_the_data_are_answered() -> None:
    stranger = Histories.of([[0, 1], [0, 1]])
    nothing = Histories.of([[], []])
    items = Ranker(Fixed(tied(1, 30)), 4)(Queries(stranger, stranger, nothing)).items
    assert items[0].tolist() == items[1].tolist()
    assert not {0, 1, -1} & set(items[0].tolist())


class InGraph(Unpersonalised):
    """Answers in a graph of TensorFlow."""

    def inputs(self, histories: Histories) -> tuple[np.ndarray, ...]:
        return (histories.user.astype(np.int32),)

    def graph(self, *inputs: Any) -> Any:
        import tensorflow as tf

        return tf.gather(tf.constant(self.scores), inputs[0])


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("n_items", [33, 700])
def test_a_graph_of_scores_or_of_lists_gives_the_lists_of_arrays(
    n_items: int, gpu: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(5)
    scores = generator.integers(0, 9, (25, n_items))
    targets = [generator.integers(0, n_items + 2, 3).tolist() for _ in range(25)]
    queries = queries_of(random_histories(25, n_items), targets)
    popularity = generator.integers(1, 4, n_items)
    expected = Ranker(Unpersonalised(scores, popularity), 10)(queries)
    monkeypatch.setattr(batch_ranking, "sees_gpu", lambda: gpu)
    received = Ranker(InGraph(scores, popularity), 10)(queries)
    assert_same(received, expected)
    np.testing.assert_array_equal(received.scores, expected.scores)
