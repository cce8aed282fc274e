"""Discovery of the workers: from a list of hosts, TF_CONFIG, or Slurm.

TensorFlow's own resolvers do not serve. `SlurmClusterResolver` sorts hosts as text, so that with
gpu[8-10] ranks and hosts do not match, fails on machines without GPUs, and cannot expand r[1-2]n3;
`TFConfigClusterResolver` checks nothing, and importing it would delay an error by seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from lrec.training.strategy.cluster.membership import Cluster


def find(
    hosts: Sequence[str] | None, index: int | None, port: int, environment: Mapping[str, str]
) -> Cluster:
    """Find the workers: those of `hosts`, else of TF_CONFIG, else of the Slurm step.

    Args:
        hosts: `host:port` of each worker, or None.
        index: index of this process in `hosts`.
        port: first port on a node under Slurm.
        environment: variables of this process.

    Raises:
        RuntimeError: no workers are described, or the description is malformed.
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
    """Workers of a TF_CONFIG; its chief, if there is one, is the first worker."""
    config = json.loads(text)
    jobs, task = config["cluster"], config["task"]
    if task["type"] not in ("chief", "worker"):
        raise ValueError(f"the task must be chief or worker. Received: {task['type']}")
    chiefs, workers = jobs.get("chief", []), jobs.get("worker", [])
    offset = len(chiefs) if task["type"] == "worker" else 0
    return Cluster((*chiefs, *workers), offset + int(task["index"]))


def _of_slurm(environment: Mapping[str, str], port: int) -> Cluster:
    """Tasks of a Slurm step, node by node; those of one node at successive ports."""
    nodes = expand_nodes(environment["SLURM_STEP_NODELIST"])
    counts = expand_counts(environment["SLURM_STEP_TASKS_PER_NODE"])
    tasks = [
        (node, port + local)
        for node, count in zip(nodes, counts, strict=True)
        for local in range(count)
    ]
    index = int(environment["SLURM_PROCID"])
    if environment.get("SLURMD_NODENAME", nodes[0]) not in nodes:
        raise ValueError(f"this node is none of {nodes}")
    if environment.get("SLURMD_NODENAME", tasks[index][0]) != tasks[index][0]:
        raise ValueError("tasks must fill node after node: srun --distribution=block")
    return Cluster(tuple(f"{node}:{number}" for node, number in tasks), index)


def expand_nodes(nodes: str) -> list[str]:
    """Expand Slurm's list of nodes, such as `node[01-03,07],gpu1`."""
    parts = re.findall(r"(?:[^,\[]|\[[^\]]*\])+", nodes)
    return [node for part in parts for node in _expand(part)]


def expand_counts(counts: str) -> list[int]:
    """Expand Slurm's numbers of tasks, such as `2(x3),1`."""
    counted = re.findall(r"(\d+)(?:\(x(\d+)\))?", counts)
    return [int(count) for count, times in counted for _ in range(int(times or 1))]


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
