"""Optimizers and learning rates. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor


class FusedAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) in one kernel for each variable: a third of the memory traffic."""

    def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
        """Apply one gradient, by the same arithmetic as Keras's Adam."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, variable.dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, variable.dtype), step),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.convert_to_tensor(tf.cast(gradient, variable.dtype)),
        )


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
