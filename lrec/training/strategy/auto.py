"""The best single device of this machine."""

from __future__ import annotations

from typing import Any

from lrec.training.strategy import TrainingStrategy


class Auto(TrainingStrategy):
    """The first GPU where there is one, else the CPU."""

    name = "auto"
    any_device = True

    def distribute(self) -> Any:
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return tf.distribute.OneDeviceStrategy("/gpu:0" if gpus else "/cpu:0")
