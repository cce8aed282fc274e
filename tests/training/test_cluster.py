"""Clusters: workers from a list, TF_CONFIG and Slurm, and their rendezvous."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from helpers.ports import free_ports

from lrec.training.strategy.cluster.discovery import expand_counts, expand_nodes, find
from lrec.training.strategy.cluster.membership import Cluster, unreachable
from lrec.training.strategy.cpu import CPU
from lrec.training.strategy.multi_worker import MultiWorker

STEP = {
    "SLURM_STEP_NODELIST": "gpu[8-10]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2),1",
    "SLURM_PROCID": "3",
}
SLURM = ("gpu8:500", "gpu8:501", "gpu9:500", "gpu9:501", "gpu10:500")


@pytest.mark.parametrize(
    ("nodes", "expanded"),
    [
        ("one", ["one"]),
        ("node[01-03,07],gpu1", ["node01", "node02", "node03", "node07", "gpu1"]),
        ("n[8-11]", ["n8", "n9", "n10", "n11"]),
        ("r[1-2]n[05-06]-ib,x", ["r1n05-ib", "r1n06-ib", "r2n05-ib", "r2n06-ib", "x"]),
    ],
)
def test_slurms_nodes_one_by_one(nodes: str, expanded: list[str]) -> None:
    assert expand_nodes(nodes) == expanded


def test_slurms_counts_one_by_one() -> None:
    assert expand_counts("2(x3),1,12(x2)") == [2, 2, 2, 1, 12, 12]


def tf_config(kind: str, index: int, **jobs: list[str]) -> dict[str, str]:
    task = {"type": kind, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": jobs, "task": task})}


@pytest.mark.parametrize(
    ("environment", "hosts", "index"),
    [
        (STEP, SLURM, 3),
        (STEP | {"SLURMD_NODENAME": "gpu9"}, SLURM, 3),
        (STEP | tf_config("worker", 1, worker=["a:1", "b:2"]), ("a:1", "b:2"), 1),
        (tf_config("worker", 1, chief=["c:3"], worker=["a:1", "b:2"]), ("c:3", "a:1", "b:2"), 2),
        (tf_config("chief", 0, chief=["c:3"], worker=["a:1"]), ("c:3", "a:1"), 0),
    ],
)
def test_environment_describes_the_workers(
    environment: dict[str, str], hosts: tuple[str, ...], index: int
) -> None:
    assert find(None, None, 500, environment) == Cluster(hosts, index)
    assert find(["z:9"], 0, 500, environment) == Cluster(("z:9",), 0)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "needs its workers"),
        ({"SLURM_PROCID": "0"}, "needs its workers"),  # within sbatch, but not srun
        ({"TF_CONFIG": "{"}, "TF_CONFIG"),
        ({"TF_CONFIG": "{}"}, "TF_CONFIG"),
        (tf_config("evaluator", 0, worker=["a:1"]), "Received: evaluator"),
        (tf_config("worker", 1, worker=["a:1"]), "index must be"),
        (STEP | {"SLURMD_NODENAME": "gpu8"}, "--distribution=block"),
        (STEP | {"SLURM_STEP_TASKS_PER_NODE": "1"}, "Slurm"),
    ],
)
def test_environment_that_describes_none_is_refused(
    environment: dict[str, str], words: str
) -> None:
    with pytest.raises(RuntimeError) as caught:
        find(None, None, 500, environment)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"hosts": ["a:1", "b:2"]},
        {"index": 0},
        {"hosts": ["a:1", "b:2"], "index": 2},
        {"hosts": ["a:1", "a:1"], "index": 0},
        {"hosts": ["a", "b:2"], "index": 0},
        {"hosts": [], "index": 0},
        {"port": 0},
        {"port": 70000},
        {"timeout": 0},
    ],
)
def test_constructor_refuses_what_cannot_be(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: \S"):
        MultiWorker(**arguments)


def test_worker_0_is_the_chief() -> None:
    hosts = ["a:1", "b:2"]
    workers = [MultiWorker(hosts=hosts, index=index) for index in (0, 1)]
    assert [worker.chief for worker in workers] == [True, False]
    assert workers[1].role == "worker 1 of 2, led by a:1"
    assert CPU().chief


def test_workers_meet_though_they_start_one_after_the_other() -> None:
    hosts = tuple(f"localhost:{port}" for port in free_ports(3))

    def join(index: int) -> None:
        time.sleep(0.5 * index)
        Cluster(hosts, index).meet(30)
        # as TensorFlow does next; the last to join must still reach the first
        with socket.create_server(("", int(hosts[index].rpartition(":")[2]))):
            time.sleep(2)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(join, range(3)))


def test_worker_that_does_not_start_is_named() -> None:
    here, there = (f"localhost:{port}" for port in free_ports(2))
    assert unreachable([there]) == [there]
    with pytest.raises(RuntimeError, match=rf"no answer from {there} within 0\.3 s"):
        Cluster((here, there), 0).meet(0.3)


def test_port_that_is_taken_is_named() -> None:
    with socket.create_server(("", 0)) as server:
        host = f"localhost:{server.getsockname()[1]}"
        assert unreachable([host]) == []
        with pytest.raises(RuntimeError, match=f"cannot listen at {host}.*another port"):
            Cluster((host,), 0).meet(1)
