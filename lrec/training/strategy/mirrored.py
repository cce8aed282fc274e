"""Every device of this machine, each with a copy of the model and a share of the batch."""

from __future__ import annotations

from typing import Any, Literal

from lrec.training.strategy import Precision, TrainingStrategy


class Mirrored(TrainingStrategy):
    """Synchronous data parallelism (`tf.distribute.MirroredStrategy`).

    Args:
        precision, xla, threads, deterministic: see `TrainingStrategy`.
        devices: number of devices; null means all GPUs, or the one CPU. With more devices than
            GPUs, the CPU is split into as many logical devices: no faster, but useful for tests.
    """

    name = "mirrored"

    def __init__(
        self,
        precision: Precision = "float32",
        xla: Literal["auto", "on", "off"] = "auto",
        threads: int | None = None,
        deterministic: bool = True,
        devices: int | None = None,
    ) -> None:
        super().__init__(precision, xla, threads, deterministic)
        if devices is not None and devices < 1:
            raise ValueError(f"devices must be positive, or null. Received: {devices}")
        self.devices = devices

    def distribute(self) -> Any:
        import tensorflow as tf

        gpus = len(tf.config.list_physical_devices("GPU"))
        count = self.devices or max(gpus, 1)
        if count <= gpus:
            return tf.distribute.MirroredStrategy([f"/gpu:{i}" for i in range(count)])
        logical = [tf.config.LogicalDeviceConfiguration()] * count
        try:
            tf.config.set_logical_device_configuration(
                tf.config.list_physical_devices("CPU")[0], logical
            )
        except RuntimeError:  # TensorFlow already runs: fine with as many devices
            if len(tf.config.list_logical_devices("CPU")) < count:
                raise RuntimeError(
                    "TensorFlow already runs in this process on one device: start a new process "
                    f"for strategy.devices={count}, for example one lrec command for each value."
                ) from None
        return tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(count)])
