"""Golden tests of iALS: explicit solves for each user and item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model import ials
from lrec.model.ials import IALS


def explicit_solve(fixed: np.ndarray, entries: list[int], alpha: float, ridge: float) -> np.ndarray:
    left = alpha * fixed.T @ fixed + ridge * np.eye(fixed.shape[1])
    for entry in entries:
        left += np.outer(fixed[entry], fixed[entry])
    return np.asarray(np.linalg.solve(left, fixed[entries].sum(axis=0)))


@pytest.mark.parametrize("factors", [2, 4, 9])  # rows shorter and longer than the factors
@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0])
def test_ials_is_an_explicit_solve_for_each_user_and_item(factors: int, exponent: float) -> None:
    alpha, penalty = 0.3, 0.05
    one, two = (IALS(factors, n, alpha, penalty, exponent) for n in (1, 2))
    before = fitted(one, split_of(BASKETS)).state()["item_factors"].astype(float)
    after = fitted(two, split_of(BASKETS)).state()["item_factors"]

    def ridge(n: int, others: int) -> float:
        return float(penalty * (n + alpha * others) ** exponent)

    users = np.array([explicit_solve(before, b, alpha, ridge(len(b), 6)) for b in BASKETS])
    takers = [[u for u, basket in enumerate(BASKETS) if i in basket] for i in range(6)]
    items = [explicit_solve(users, t, alpha, ridge(len(t), len(BASKETS))) for t in takers]
    np.testing.assert_allclose(after, items, rtol=1e-3, atol=1e-4)
    history = Histories.of([[3, 0], [0, 1, 2, 3, 4, 5]])
    folded = [explicit_solve(before, h, alpha, ridge(len(h), 6)) for h in ([3, 0], list(range(6)))]
    np.testing.assert_allclose(one.score(history), folded @ before.T, rtol=1e-3, atol=1e-4)


def test_ials_loss_falls_with_iterations(tiny: Path) -> None:
    split = LeaveOneOut()(CSV(str(tiny)).load())
    n_users, n_items = len(split.train), split.catalogue.n_items
    alpha, penalty = 0.2, 0.01
    taken = np.zeros((n_users, n_items))
    taken[split.train.row, split.train.item] = 1
    losses = []
    for iterations in (1, 2, 3, 6, 12):
        model = fitted(IALS(5, iterations, alpha, penalty), split)
        items = model.state()["item_factors"].astype(float)
        predicted = model.score(split.train).astype(float)
        users = predicted @ np.linalg.pinv(items.T)
        loss = (taken * (predicted - 1) ** 2).sum() + alpha * (predicted**2).sum()
        for factors, others, count in (
            (users, n_items, taken.sum(axis=1)),
            (items, n_users, taken.sum(axis=0)),
        ):
            loss += penalty * ((count + alpha * others) * (factors**2).sum(axis=1)).sum()
        losses.append(loss)
    assert (np.diff(losses) < 0).all(), losses


def test_steps_between_the_first_and_the_last_alternation_end_near_full_solves(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = LeaveOneOut()(CSV(str(tiny)).load())

    def factors(steps: int) -> np.ndarray:
        monkeypatch.setattr(ials, "STEPS", steps)
        return np.asarray(fitted(IALS(3, 6, 0.2, 0.01), split).state()["item_factors"])

    full = factors(50)
    errors = [np.linalg.norm(factors(steps) - full) / np.linalg.norm(full) for steps in (0, 1, 4)]
    assert errors[0] > 0.05  # what nobody moved, the last alternation alone does not repair
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.01


def test_ials_seed_decides_its_start() -> None:
    same, again, other = (
        fitted(IALS(3, 1), split_of(BASKETS), seed).state()["item_factors"] for seed in (1, 1, 2)
    )
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)


@pytest.mark.parametrize(
    "arguments",
    [
        {"factors": 0},
        {"iterations": 0},
        {"alpha": 0.0},
        {"regularisation": 0.0},
        {"frequency_exponent": 1.5},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        IALS(**arguments)
