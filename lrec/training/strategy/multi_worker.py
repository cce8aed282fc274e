"""Several processes, on one machine or many, each with the model and a share of the batch."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np

from lrec.training.strategy import Floats, Precision, TrainingStrategy
from lrec.training.strategy.cluster.discovery import find
from lrec.training.strategy.cluster.membership import Cluster, unreachable


class MultiWorker(TrainingStrategy):
    """Synchronous data parallelism (`tf.distribute.MultiWorkerMirroredStrategy`).

    Every worker is an `lrec train` of the same config. All train; worker 0 evaluates, prints, logs
    and decides. A command that does not train runs in its own process alone.

    Args:
        precision, xla, threads, deterministic: see `TrainingStrategy`; `auto` does not compile.
        hosts: `host:port` of each worker, the same list everywhere. Null: the workers of TF_CONFIG,
            or else of the Slurm step.
        index: index of this worker in `hosts`.
        port: first port on a node under Slurm.
        timeout: seconds to wait for the other workers at the start.
    """

    name = "multi_worker"
    several = True

    def __init__(
        self,
        precision: Precision = "float32",
        xla: Literal["auto", "on", "off"] = "auto",
        threads: int | None = None,
        deterministic: bool = True,
        hosts: Sequence[str] | None = None,
        index: int | None = None,
        port: int = 22222,
        timeout: float = 300.0,
    ) -> None:
        super().__init__(precision, xla, threads, deterministic)
        if (hosts is None) != (index is None):
            raise ValueError(
                "hosts and index go together: all workers, and which of them this one is. "
                f"Received: hosts={hosts}, index={index}"
            )
        if hosts is not None and index is not None:
            Cluster(tuple(hosts), index)
        if not 0 < port < 2**16:
            raise ValueError(f"port must be from 1 to 65535. Received: {port}")
        if timeout <= 0:
            raise ValueError(f"timeout must be positive. Received: {timeout}")
        self.hosts = hosts
        self.index = index
        self.port = port
        self.timeout = timeout
        self._joining = False

    @property
    def cluster(self) -> Cluster:
        """The workers.

        Raises:
            RuntimeError: they are not described anywhere.
        """
        return find(self.hosts, self.index, self.port, os.environ)

    @property
    def chief(self) -> bool:
        return self.cluster.index == 0

    @property
    def role(self) -> str:
        cluster = self.cluster
        return f"worker {cluster.index} of {len(cluster.hosts)}, led by {cluster.hosts[0]}"

    @property
    def jit_compile(self) -> bool:
        return self.xla == "on"

    @contextlib.contextmanager
    def together(self, task: str, tensorflow: bool = True) -> Iterator[None]:
        self._joining = True
        self.start()
        import tensorflow as tf

        lost = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError
        try:
            self._check_task(task)
            yield
        except (*lost, tf.errors.InternalError, tf.errors.DeadlineExceededError) as error:
            time.sleep(1)  # a process that ends closes its port with a delay
            missing = ", ".join(unreachable(self.cluster.others)) or "another worker"
            raise RuntimeError(
                f"lost {missing}, and training needs every worker: see what ended it, and start "
                "all of them again."
            ) from error

    def agreed(self, value: Any) -> Floats:
        import tensorflow as tf

        own = np.asarray(value, np.float64)
        values = self.distribution.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                own if context.replica_id_in_sync_group == 0 else np.zeros_like(own)
            )
        )
        agreed: Floats = self._sum(values).numpy()
        return agreed

    @cached_property
    def _sum(self) -> Any:
        """Sum over all replicas, as a graph: failed eager operations leave threads behind."""
        import tensorflow as tf

        return tf.function(lambda values: self.distribution.reduce("SUM", values, axis=None))

    def distribute(self) -> Any:
        import tensorflow as tf

        gpus = len(tf.config.list_physical_devices("GPU"))
        if not self._joining:
            return tf.distribute.OneDeviceStrategy("/gpu:0" if gpus else "/cpu:0")
        cluster = self.cluster
        cluster.meet(self.timeout)  # TensorFlow would wait silently, and ignore signals
        self._bound_joining(len(cluster.hosts))
        on_term = signal.getsignal(signal.SIGTERM)
        try:
            return tf.distribute.MultiWorkerMirroredStrategy(
                tf.distribute.cluster_resolver.SimpleClusterResolver(
                    tf.train.ClusterSpec({"worker": list(cluster.hosts)}),
                    task_type="worker",
                    task_id=cluster.index,
                    num_accelerators={"GPU": gpus},
                    rpc_layer="grpc",
                )
            )
        except tf.errors.OpError as error:
            raise RuntimeError(
                "the workers were all there, but did not join: see what ended one of them, and "
                "start all of them again."
            ) from error
        finally:
            signal.signal(signal.SIGTERM, on_term)  # TensorFlow replaces the handler

    def _bound_joining(self, workers: int) -> None:
        """Bound the wait for a worker that ends while they join; it would take hours."""
        from tensorflow.python.eager.context import context  # there is no public API

        context().configure_coordination_service(
            "standalone",
            service_leader="/job:worker/replica:0/task:0",
            cluster_register_timeout_in_ms=int(1000 * self.timeout),
        )
        service = context().coordination_service
        service.coordinated_job_list.add(name="worker", num_tasks=workers)
        service.cluster_register_with_barrier = True

    def _check_task(self, task: str) -> None:
        own = int(hashlib.sha256(task.encode()).hexdigest()[:12], 16)
        if int(self.agreed(own)) != own:
            raise RuntimeError(
                "this worker was given another config or other data than worker 0: start all of "
                "them with the same command."
            )
