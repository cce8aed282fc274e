"""Who trains together: by a list of hosts, TF_CONFIG, or Slurm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from lrec.training.strategy.cluster.membership import Cluster


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
