"""One GPU, which is required."""

from __future__ import annotations

from typing import Any

from lrec.training.strategy import TrainingStrategy


class GPU(TrainingStrategy):
    """The first GPU; refuses to run without one."""

    name = "gpu"

    def distribute(self) -> Any:
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            raise RuntimeError(
                "strategy=gpu found no GPU that TensorFlow can use. Use strategy=auto or "
                "strategy=cpu, or install the CUDA libraries: pip install 'lrec[gpu]'."
            )
        return tf.distribute.OneDeviceStrategy("/gpu:0")
