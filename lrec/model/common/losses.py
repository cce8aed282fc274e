"""Losses of next-item prediction: the target against the catalogue, or against drawn items."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_sizes
from lrec.data.catalogue import Catalogue

Loss = Literal["softmax", "sampled_softmax", "bce", "gbce"]
Sampling = Literal["uniform", "popularity"]


class NextItemLoss:
    """Loss of each prediction from its state, the item table and the target.

    Args:
        loss: `softmax`, cross-entropy over the catalogue; `sampled_softmax`, the same over the
            target and the negatives; `bce`, binary cross-entropy of the target and each negative
            (with one negative: Kang and McAuley 2018); `gbce`, the same with the target's
            probability raised to β, which undoes the overconfidence that few negatives bring
            (Petrov and Macdonald 2023).
        negatives: items drawn for a prediction.
        shared: draw once for a whole batch: the negatives' scores are then one matrix product.
        sampling: `uniform`, or in proportion to training popularity.
        logq: subtract the log-probability of being drawn from all scores (Bengio and Senécal
            2008), so that what is drawn often is not pushed down for it.
        calibration: t of gbce; 0 is bce, 1 predicts as if trained against the whole catalogue.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        *,
        loss: Loss,
        negatives: int,
        shared: bool,
        sampling: Sampling,
        logq: bool,
        calibration: float,
    ) -> None:
        check_sizes(negatives=negatives)
        if not 0 <= calibration <= 1:
            raise ValueError(f"calibration must be from 0 to 1. Received: {calibration}")
        self.loss = loss
        self.negatives = negatives
        self.shared = shared
        self.sampling = sampling
        self.logq = logq
        self.calibration = calibration

    def prepare(self, catalogue: Catalogue) -> None:
        """Count how often each item is to be drawn."""
        self.n_items = catalogue.n_items
        weight = np.ones(self.n_items)
        if self.sampling == "popularity":
            weight = np.maximum(catalogue.popularity, 1).astype(float)
        chance = weight / weight.sum()
        self.log_chance = np.log(chance).astype(np.float32)
        self.cumulated = np.cumsum(chance).astype(np.float32)

    @property
    def reads_catalogue(self) -> bool:
        """True if every item of the catalogue counts, and none is drawn."""
        return self.loss == "softmax"

    def draw(self, targets: Tensor, random: Any) -> Tensor:
        """Negatives, int32: `(k,)` if shared, else `(n, k)`; none where all items count.

        Args:
            targets: `(n,)` int32.
            random: the `lrec.model.layers.random_numbers.RandomStream` that draws them.
        """
        import tensorflow as tf

        if self.reads_catalogue:
            return tf.zeros([0], tf.int32)
        n = tf.shape(targets)[0]
        shape = [self.negatives] if self.shared else tf.stack([n, self.negatives])
        if self.sampling == "uniform":
            return random.integers(shape, self.n_items)
        draws = tf.reshape(random.uniform(shape), [-1])
        items = tf.searchsorted(tf.constant(self.cumulated), draws)
        return tf.reshape(tf.minimum(items, self.n_items - 1), shape)

    def __call__(
        self,
        states: Tensor,
        table: Tensor,
        targets: Tensor,
        drawn: Tensor,
        item: Tensor | None = None,
    ) -> Tensor:
        """Losses `(n,)` float32.

        Args:
            states: `(n, size)`.
            table: `(rows, size)`, vectors of items.
            targets: `(n,)` int32, the rows of the targets.
            drawn: rows of what `draw` gave.
            item: `(rows,)` int32, the item of each row; None: they are the catalogue in order.
        """
        import tensorflow as tf

        table = tf.cast(table, states.dtype)
        if self.loss == "softmax":
            logits = tf.cast(tf.matmul(states, table, transpose_b=True), tf.float32)
            return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        positive = tf.reduce_sum(states * tf.gather(table, targets), axis=1)
        positive = tf.cast(positive, tf.float32)
        items = tf.gather(table, drawn)
        if self.shared:
            negative = tf.matmul(states, items, transpose_b=True)
        else:
            negative = tf.einsum("nd,nkd->nk", states, items)
        negative = tf.cast(negative, tf.float32)
        if self.logq:
            log_chance = tf.constant(self.log_chance)
            for_target, for_drawn = (
                tf.gather(log_chance, rows if item is None else tf.gather(item, rows))
                for rows in (targets, drawn)
            )
            positive -= for_target
            negative -= for_drawn
        is_target = drawn == targets[:, None]
        if self.loss == "sampled_softmax":
            negative = tf.where(is_target, tf.float32.min, negative)
            logits = tf.concat([positive[:, None], negative], axis=1)
            return tf.reduce_logsumexp(logits, axis=1) - positive
        against = tf.where(is_target, 0.0, tf.nn.softplus(negative))
        # -log σ(s)^β = β softplus(-s): no power is taken, so float32 is enough
        return self._beta() * tf.nn.softplus(-positive) + tf.reduce_sum(against, axis=1)

    def _beta(self) -> float:
        """β = α(t(1 − 1/α) + 1/α), with α the share of the catalogue that is drawn."""
        if self.loss == "bce":
            return 1.0
        alpha = min(1.0, self.negatives / max(self.n_items - 1, 1))
        return alpha * (self.calibration * (1 - 1 / alpha) + 1 / alpha)
