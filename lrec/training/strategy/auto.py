"""The best single device that is there."""

from __future__ import annotations

from typing import Any

from lrec.training.strategy import TrainingStrategy


class Auto(TrainingStrategy):
    """The first GPU where there is one, else the CPU."""

    def distribute(self) -> Any:
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        return tf.distribute.OneDeviceStrategy("/gpu:0" if found else "/cpu:0")
