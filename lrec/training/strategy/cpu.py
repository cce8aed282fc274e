"""The CPU, even on a machine with GPUs."""

from __future__ import annotations

from typing import Any

from lrec.training.strategy import TrainingStrategy


class CPU(TrainingStrategy):
    """One CPU device."""

    name = "cpu"
    any_device = True

    def distribute(self) -> Any:
        import tensorflow as tf

        return tf.distribute.OneDeviceStrategy("/cpu:0")
