"""Strategies: the devices that training and scoring run on."""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np

from lrec.base.config.component import Component
from lrec.base.loading import first_import
from lrec.base.silence import silenced

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Floats = np.ndarray[Any, np.dtype[np.float64]]


class TrainingStrategy(Component, ABC):
    """Devices, precision, compilation and determinism.

    Args:
        precision: Keras's dtype policy. Ranking scores are float32 whatever it is.
        xla: compile training steps; `auto` means on a GPU only: on a CPU it is several times slower
            than TensorFlow's own kernels.
        threads: CPU threads of one operation; null leaves it to TensorFlow.
        deterministic: the same numbers from the same config and seed on the same machine.

    Attributes:
        several: True if a run consists of several processes.
        any_device: True if nothing is requested that a machine could lack.
    """

    several: ClassVar[bool] = False
    any_device: ClassVar[bool] = False

    def __init__(
        self,
        precision: Precision = "float32",
        xla: Literal["auto", "on", "off"] = "auto",
        threads: int | None = None,
        deterministic: bool = True,
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be positive, or null. Received: {threads}")
        self.precision = precision
        self.xla = xla
        self.threads = threads
        self.deterministic = deterministic

    @property
    def chief(self) -> bool:
        """True for the process that evaluates, prints, logs and decides; others only train."""
        return True

    @property
    def role(self) -> str:
        """Description of this process among those of the run."""
        return "the only worker"

    def start(self) -> None:
        """Set up TensorFlow, once for a run, before anything else uses it.

        Raises:
            RuntimeError: the requested devices are missing, or TensorFlow already runs with other
                settings.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with silenced():
            with first_import("keras"):
                import keras
                import tensorflow as tf

            keras.backend.clear_session()
            if self.threads is not None:
                _once(tf.config.threading.set_intra_op_parallelism_threads, self.threads)
            if self.deterministic:
                tf.config.experimental.enable_op_determinism()
            keras.mixed_precision.set_global_policy(self.precision)
            self.distribution = self.distribute()
            tf.zeros(1)  # starts the devices

    def start_for(self, tensorflow: bool) -> None:
        """`start`, unless nothing uses TensorFlow, which takes seconds to import.

        Args:
            tensorflow: True if the model, or what trains beside it, uses it. Requested devices are
                looked for in any case.
        """
        if tensorflow or not self.any_device:
            self.start()

    @contextlib.contextmanager
    def together(self, task: str, tensorflow: bool = True) -> Iterator[None]:
        """Context of training with all processes of this run; `start` is for this one alone.

        Args:
            task: text that must be the same in all of them.
            tensorflow: see `start_for`.

        Raises:
            RuntimeError: the other processes are missing, are lost, or have another task.
        """
        self.start_for(tensorflow)
        yield

    def agreed(self, value: Any) -> Floats:
        """The chief's value, for all processes of this run, which must all call this at once.

        Args:
            value: a number or an array, of the same shape in all processes.
        """
        return np.asarray(value, np.float64)

    @abstractmethod
    def distribute(self) -> Any:
        """The `tf.distribute.Strategy` to train under."""

    def scope(self) -> Any:
        """Context in which variables are created."""
        return self.distribution.scope()

    @property
    def jit_compile(self) -> bool:
        """True if XLA compiles training steps."""
        import tensorflow as tf

        if self.xla == "auto":
            return "GPU" in "".join(self.distribution.extended.worker_devices) and bool(
                tf.config.list_physical_devices("GPU")
            )
        return self.xla == "on"


def _once(setter: Any, value: int) -> None:
    try:
        setter(value)
    except RuntimeError:
        raise RuntimeError(
            "TensorFlow already runs in this process with other settings: start a new process for "
            f"strategy.threads={value}, for example one lrec command for each value."
        ) from None
