"""Who trains together: by a list of hosts, TF_CONFIG, or Slurm."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """Workers; the first one leads.

    Attributes:
        hosts: `host:port` of each worker.
        index: place of this process among them.

    Raises:
        ValueError: a host is not `host:port` or named twice, or the index is none of theirs.
    """

    hosts: tuple[str, ...]
    index: int

    def __post_init__(self) -> None:
        wrong = [host for host in self.hosts if not re.fullmatch(r".+:\d+", host)]
        if wrong or not self.hosts or len(set(self.hosts)) < len(self.hosts):
            raise ValueError(
                f"hosts must be different HOST:PORT, one for each worker. "
                f"Received: {wrong or list(self.hosts)}"
            )
        if not 0 <= self.index < len(self.hosts):
            raise ValueError(
                f"index must be the place of this worker among the {len(self.hosts)} hosts, from "
                f"0. Received: {self.index}"
            )

    @property
    def others(self) -> list[str]:
        """The hosts of the other workers."""
        return [host for place, host in enumerate(self.hosts) if place != self.index]

    def meet(self, timeout: float) -> None:
        """Wait until all other workers listen, and let them see that this one does.

        Args:
            timeout: seconds.

        Raises:
            RuntimeError: some do not, or this worker's port is taken.
        """
        own = self.hosts[self.index]
        try:
            door = socket.create_server(("", int(own.rpartition(":")[2])), backlog=len(self.hosts))
        except (OSError, OverflowError) as error:
            raise RuntimeError(
                f"worker {self.index} cannot listen at {own}: {error}. Give it another port."
            ) from None
        with door:
            missing, end = self.others, time.monotonic() + timeout
            while missing := unreachable(missing):
                if time.monotonic() > end:
                    raise RuntimeError(
                        f"no answer from {', '.join(missing)} within {timeout:g} s: start every "
                        "worker, with an index of its own, and let their ports through. "
                        "strategy.timeout is how long to wait."
                    )
                time.sleep(0.2)


def find(
    hosts: Sequence[str] | None, index: int | None, port: int, environment: Mapping[str, str]
) -> Cluster:
    """The cluster that is described, by `hosts` before TF_CONFIG before Slurm.

    Args:
        hosts: `host:port` of each worker, or None.
        index: place of this process among `hosts`.
        port: first port on a node under Slurm.
        environment: variables of this process.

    Raises:
        RuntimeError: none is described, or one that makes no sense.
    """
    try:
        if hosts is not None and index is not None:
            return Cluster(tuple(hosts), index)
        if environment.get("TF_CONFIG"):
            return _of_tf_config(environment["TF_CONFIG"])
        if "SLURM_STEP_NODELIST" in environment:
            return _of_slurm(environment, port)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RuntimeError(
            f"no workers can be made of TF_CONFIG or Slurm's step: {error}"
        ) from None
    raise RuntimeError(
        "strategy=multi_worker needs its workers: name them "
        "('strategy.hosts=[HOST:PORT,HOST:PORT]' strategy.index=0), set TF_CONFIG, or start them "
        "with Slurm's srun."
    )


def _of_tf_config(text: str) -> Cluster:
    """TensorFlow's own description; its chief, where it has one, is the first worker."""
    config = json.loads(text)
    jobs, task = config["cluster"], config["task"]
    if task["type"] not in ("chief", "worker"):
        raise ValueError(f"the task must be chief or worker. Received: {task['type']}")
    chiefs, workers = jobs.get("chief", []), jobs.get("worker", [])
    before = len(chiefs) if task["type"] == "worker" else 0
    return Cluster((*chiefs, *workers), before + int(task["index"]))


def _of_slurm(environment: Mapping[str, str], port: int) -> Cluster:
    """The tasks of a step, node by node, those of one node at ports one after the other."""
    nodes = expand_nodes(environment["SLURM_STEP_NODELIST"])
    counts = expand_counts(environment["SLURM_STEP_TASKS_PER_NODE"])
    places = [
        (node, port + local)
        for node, count in zip(nodes, counts, strict=True)
        for local in range(count)
    ]
    index = int(environment["SLURM_PROCID"])
    if environment.get("SLURMD_NODENAME", nodes[0]) not in nodes:
        raise ValueError(f"this node is none of {nodes}")
    if environment.get("SLURMD_NODENAME", places[index][0]) != places[index][0]:
        raise ValueError("tasks must fill node after node: srun --distribution=block")
    return Cluster(tuple(f"{node}:{own}" for node, own in places), index)


def expand_nodes(nodes: str) -> list[str]:
    """Slurm's list of nodes, `node[01-03,07],gpu1`, one by one."""
    parts = re.findall(r"(?:[^,\[]|\[[^\]]*\])+", nodes)
    return [node for part in parts for node in _expand(part)]


def expand_counts(counts: str) -> list[int]:
    """Slurm's numbers of tasks, `2(x3),1`, one by one."""
    found = re.findall(r"(\d+)(?:\(x(\d+)\))?", counts)
    return [int(count) for count, times in found for _ in range(int(times or 1))]


def _expand(part: str) -> Iterator[str]:
    head, bracket, rest = part.partition("[")
    if not bracket:
        yield part
        return
    inside, _, tail = rest.partition("]")
    for span in inside.split(","):
        first, _, last = span.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield from (f"{head}{number:0{len(first)}d}{end}" for end in _expand(tail))


def unreachable(hosts: Sequence[str]) -> list[str]:
    """Those of some `host:port` that take no connection at this moment."""
    return [host for host in hosts if not _listens(host)]


def _listens(host: str) -> bool:
    name, _, port = host.rpartition(":")
    try:
        socket.create_connection((name, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
