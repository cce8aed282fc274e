"""Optimizers and learning rates. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor


class FusedAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) in one kernel for each variable: a third of the memory traffic.

    Tables of which a step reads few rows can be updated lazily: only those rows, and only their
    moments, move. A row's moments then decay once for each step that reads it, where Adam would
    let them decay, and move the row, in every step: another algorithm, whose cost a step does not
    grow with the table. The correction of the bias counts all steps, as in TensorFlow's LazyAdam.

    Args:
        learning_rate: a number, or a Keras schedule.
        lazy_above: rows of the largest table that Adam updates whole; None: every table.
        named: see `keras.optimizers.Adam`.
    """

    def __init__(self, learning_rate: Any, lazy_above: int | None = None, **named: Any) -> None:
        super().__init__(learning_rate, **named)
        self.lazy_above = lazy_above

    def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
        """Apply one gradient, by the same arithmetic as Keras's Adam."""
        index = self._get_variable_index(variable)
        moments = [slot[index].value.handle for slot in (self._momentums, self._velocities)]
        step = tf.cast(self.iterations + 1, variable.dtype)
        powers = [
            tf.pow(tf.cast(beta, variable.dtype), step) for beta in (self.beta_1, self.beta_2)
        ]
        rate = tf.cast(learning_rate, variable.dtype)
        if self._is_lazy(gradient, variable):
            warnings.warn(
                f"a table has {variable.shape[0]:,} rows: adam moves only those that a step reads, "
                f"and is quicker (schedule.lazy_above={self.lazy_above}; null: it moves all)",
                stacklevel=2,
            )
            self._update_rows(variable.handle, moments, gradient, rate, powers)
            return
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moments[0],
            v=moments[1],
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.convert_to_tensor(tf.cast(gradient, variable.dtype)),
        )

    def _is_lazy(self, gradient: Tensor, variable: Tensor) -> bool:
        if self.lazy_above is None or not isinstance(gradient, tf.IndexedSlices):
            return False
        return bool(variable.shape[0] > self.lazy_above)

    def _update_rows(
        self,
        table: Tensor,
        moments: list[Tensor],
        gradient: tf.IndexedSlices,
        rate: Tensor,
        powers: list[Tensor],
    ) -> None:
        """Adam of the rows that the gradient has, through resource handles."""
        gradient = merged(gradient)
        rows, values = gradient.indices, tf.cast(gradient.values, rate.dtype)
        fresh = []
        for handle, beta, power in zip(
            moments, (self.beta_1, self.beta_2), (values, values**2), strict=True
        ):
            old = tf.raw_ops.ResourceGather(resource=handle, indices=rows, dtype=rate.dtype)
            fresh.append(old + (1 - beta) * (power - old))
            tf.raw_ops.ResourceScatterUpdate(resource=handle, indices=rows, updates=fresh[-1])
        rate = rate * tf.sqrt(1 - powers[1]) / (1 - powers[0])
        change = rate * fresh[0] / (tf.sqrt(fresh[1]) + self.epsilon)
        tf.raw_ops.ResourceScatterSub(resource=table, indices=rows, updates=change)

    def _clip_gradients(self, gradients: list[Any]) -> list[Any]:
        """Clip as Keras does, whose norm of rows is right only if no row comes twice."""
        if self.global_clipnorm:
            gradients = [
                merged(gradient) if isinstance(gradient, tf.IndexedSlices) else gradient
                for gradient in gradients
            ]
        clipped: list[Any] = super()._clip_gradients(gradients)
        return clipped


def merged(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """The same gradient with each row once."""
    rows, index = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, index, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly from 0, and then follows another schedule.

    Args:
        rate: reached at the end of the rise.
        steps: optimizer steps of the rise.
        decay: the learning rate afterwards: a number, or a Keras schedule that starts then.
    """

    def __init__(self, rate: float, steps: int, decay: Any) -> None:
        self.rate = rate
        self.steps = steps
        self.decay = decay

    def __call__(self, step: Tensor) -> Tensor:
        step = tf.cast(step, tf.float32)
        later = self.decay(step - self.steps) if callable(self.decay) else self.decay
        return tf.where(step < self.steps, self.rate * step / self.steps, later)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "steps": self.steps, "decay": self.decay}
