"""Implicit ALS: matrix factorisation by alternating least squares."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from lrec.base.arrays import Arrays, Floats, Ints, Tensor
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.history_matrix import history_matrix
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.common.protocols import Callback, Schedule, Strategy
from lrec.model.common.sparse_products import row_sums
from lrec.model.least_squares.fixed_factors import FixedFactors, RowBatch

# Numbers in the largest array of a batch of solves: 4 MB of float32, for the cache.
NUMBERS_A_BLOCK = 2**20
STEPS = 4  # of conjugate gradients: each leaves a third of the error, or less


class IALS(Model):
    """iALS (Hu, Koren and Volinsky 2008), regularised as in Rendle et al. 2022 ("Revisiting the
    performance of iALS on item recommendation benchmarks").

    Minimises Σ_{(u,i)∈S} c_ui (w_u·h_i − 1)² + α Σ_{u,i} (w_u·h_i)²
    + Σ_u λ_u ‖w_u‖² + Σ_i λ_i ‖h_i‖² with λ_u = λ (Σ_{i∈S_u} c_ui + α · n_items)^ν and λ_i alike.
    The confidence c_ui is the weight of the interaction, 1 where there are none. A history is
    folded in by the solve that training ends with, so no user factors are stored.

    The first and the last alternation solve every row. Those between solve rows shorter than the
    factors, and take the longer ones a few steps of conjugate gradients on from where they were.

    Args:
        factors: width of the factors.
        iterations: alternations; each solves all users, then all items.
        alpha: α, weight of the unobserved pairs.
        regularisation: λ.
        frequency_exponent: ν, how far regularisation grows with activity and popularity; 0 treats
            all alike.
    """

    name = "ials"
    papers = ("hu2008implicit", "rendle2022ials")
    uses_weights = True
    scores_are_products = True

    def __init__(
        self,
        factors: int = 128,
        iterations: int = 16,
        alpha: float = 0.1,
        regularisation: float = 0.003,
        frequency_exponent: float = 1.0,
    ) -> None:
        if factors < 1 or iterations < 1:
            raise ValueError(
                "factors and iterations must be positive. "
                f"Received: factors={factors}, iterations={iterations}"
            )
        if alpha <= 0 or regularisation <= 0:
            raise ValueError(
                "alpha and regularisation must be positive. "
                f"Received: alpha={alpha}, regularisation={regularisation}"
            )
        if not 0 <= frequency_exponent <= 1:
            raise ValueError(
                f"frequency_exponent must lie between 0 and 1. Received: {frequency_exponent}"
            )
        self.factors = factors
        self.iterations = iterations
        self.alpha = alpha
        self.regularisation = regularisation
        self.frequency_exponent = frequency_exponent

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        from threadpoolctl import threadpool_limits

        self.catalogue = split.catalogue
        users = history_matrix(split.train, split.catalogue.n_items)
        # Small, so that the first solve depends on little but the frequencies (Rendle et al.).
        shape, deviation = (split.catalogue.n_items, self.factors), 0.1 / math.sqrt(self.factors)
        start = np.random.default_rng(seed).normal(0, deviation, shape)
        with threadpool_limits(1):  # see `_solve`
            self._fix_items(start.astype(np.float32))
            of_users, of_items = self._batches(users), self._batches(users.T.tocsr())
            factors: Floats = np.zeros((users.shape[0], self.factors), np.float32)
            for iteration in range(self.iterations):
                steps = None if iteration in (0, self.iterations - 1) else STEPS
                factors = self._solve(of_users, self.items, factors, steps)
                fixed = FixedFactors(factors, self.alpha)
                self._fix_items(self._solve(of_items, fixed, self.items.factors, steps))

    def score(self, histories: Histories) -> Floats:
        return self.encode_histories(histories) @ self.items.factors.T

    def encode_histories(self, histories: Histories) -> Floats:
        """User factors, by the fold-in."""
        from threadpoolctl import threadpool_limits

        users = history_matrix(histories, self.catalogue.n_items)
        with threadpool_limits(1):
            start = np.zeros((users.shape[0], self.factors), np.float32)
            return self._solve(self._batches(users), self.items, start)

    def factorised_scores(self) -> FactorisedScores:
        return FactorisedScores(self.items.factors, self.encode_histories)

    def export_scorer(self) -> ExportScorer:
        """Like `score`, of histories without weights, in the basis of `FixedFactors`."""
        import tensorflow as tf

        from lrec.model.layers.ridge import solve_ridge

        spectrum = self.items.spectrum.astype(np.float32)
        factors = tf.Variable(self.items.rotated[:-1], trainable=False)

        def scores(histories: PaddedHistories) -> Tensor:
            is_item = tf.cast(histories.distinct().is_item, tf.float32)
            frequency = tf.reduce_sum(is_item, axis=1) + self.alpha * self.catalogue.n_items
            ridge = self.regularisation * frequency**self.frequency_exponent
            scale = tf.math.rsqrt(spectrum + ridge[:, None])
            rows = tf.gather(factors, histories.items) * tf.expand_dims(is_item, 2)
            users = scale * solve_ridge(rows * scale[:, None])
            return tf.matmul(users, factors, transpose_b=True)

        return ExportScorer(scores, [factors])

    def state(self) -> Arrays:
        return {"item_factors": self.items.factors}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        from threadpoolctl import threadpool_limits

        self.catalogue = catalogue
        with threadpool_limits(1):  # as in `fit`: the same bits
            self._fix_items(state["item_factors"])

    def _fix_items(self, factors: Floats) -> None:
        self.items = FixedFactors(factors, self.alpha)

    def _batches(self, rows: Any) -> list[RowBatch]:
        """Padded rows of confidences of users, `(n, n_items)`, or of items, that are not empty."""
        lengths = np.diff(rows.indptr)
        frequency = row_sums(rows) + self.alpha * rows.shape[1]
        ridge = (self.regularisation * frequency**self.frequency_exponent).astype(np.float32)
        batches = []
        for chosen in _similar(lengths, self.factors):
            step = np.arange(lengths[chosen].max())
            inside = step < lengths[chosen, None]
            index = np.where(inside, rows.indptr[chosen, None] + step, 0)
            taken = np.where(inside, rows.indices[index], rows.shape[1]).astype(np.int32)
            root = np.sqrt(rows.data[index])
            batches.append(RowBatch(chosen, taken, root, ridge[chosen]))
        return batches

    def _solve(
        self,
        batches: list[RowBatch],
        fixed: FixedFactors,
        factors: Floats,
        steps: int | None = None,
    ) -> Floats:
        """Best factors of users for fixed items, or of items for fixed users.

        Batches have a thread each. BLAS should have one: threads of its own make small systems many
        times as slow.

        Args:
            factors: `(n, factors)` as they are.
            steps: towards the solution from there, where rows are long; None to solve all.

        Returns:
            `(n, factors)` float32; 0 for those who are in no batch.
        """
        start = factors @ fixed.basis
        solved = np.zeros_like(start)

        def solve(batch: RowBatch) -> None:
            if steps is None or batch.taken.shape[1] < self.factors:
                solved[batch.chosen] = fixed.solve(batch)
            else:
                solved[batch.chosen] = fixed.improve(batch, start[batch.chosen], steps)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(solve, batches))
        return solved @ fixed.basis.T  # type: ignore[no-any-return]


def _similar(lengths: Ints, factors: int) -> Iterator[Ints]:
    """Rows that are not empty, in batches of about equal length (within a fifth)."""
    grade = np.ceil(4 * np.log2(np.maximum(lengths, 1))).astype(int)
    grade[lengths == 0] = -1
    order = np.argsort(lengths, kind="stable")
    edges = np.flatnonzero(np.diff(grade[order], prepend=-1))
    for rows in np.split(order, edges)[1:]:
        longest = int(lengths[rows].max())
        size = max(1, NUMBERS_A_BLOCK // (max(longest, factors) * factors))
        yield from (rows[start : start + size] for start in range(0, len(rows), size))
