"""Latency and requests a second of a served model, over loopback.

    python scripts/load_test.py RUN_ID                                 # starts mlflow models serve
    python scripts/load_test.py RUN_ID --clients 1 8 --workers 2
    python scripts/load_test.py RUN_ID --address 127.0.0.1:5000        # a server that runs already

Each client is a thread with a connection of its own, and requests a list for one user at a time:
the history of a test user of the run, drawn at random. Latency is measured by the client, from
sending the request to receiving the whole response. Clients and server share this machine's cores.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lrec.commands.runs.saved import settings_of

WAIT = 180  # seconds until a server has to be up


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", help="MLflow id of the run")
    parser.add_argument("--address", help="host:port of a server; by default one is started")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1, help="of the server that is started")
    parser.add_argument("--k", type=int, default=10)
    arguments = parser.parse_args(argv)
    bodies = requests_of_test_users(arguments.run, arguments.k)
    given = arguments.address
    with (
        contextlib.nullcontext(given) if given else serve(arguments.run, arguments.workers)
    ) as address:
        for _ in range(20):  # the first ones warm up
            post(http.client.HTTPConnection(address, timeout=60), bodies[0])
        print("clients  requests/s  p50 ms  p99 ms  failed")
        for clients in arguments.clients:
            seconds, failed = load(address, bodies, clients, arguments.seconds)
            p50, p99 = 1000 * np.percentile(seconds, [50, 99])
            rate = len(seconds) / arguments.seconds
            print(f"{clients:7}  {rate:10.1f}  {p50:6.1f}  {p99:6.1f}  {failed:6}")


def requests_of_test_users(run: str, k: int) -> list[bytes]:
    """A request body for each test user of the run."""
    parts = settings_of(run)
    split = parts.split(parts.dataset.load())
    history = split.test.history
    rows = np.split(split.catalogue.ids[history.item], history.offsets[1:-1])
    return [
        json.dumps({"dataframe_records": [{"history": row.tolist()}], "params": {"k": k}}).encode()
        for row in rows
    ]


@contextlib.contextmanager
def serve(run: str, workers: int) -> Iterator[str]:
    """A server of the run's model on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        Path(sys.executable).parent / "mlflow",
        "models",
        "serve",
        "-m",
        f"runs:/{run}/model",
    ]
    command += ["--env-manager", "local", "--port", str(port), "--workers", str(workers)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    server = subprocess.Popen(
        command,
        env=os.environ | {"PATH": path},  # MLflow looks for uvicorn there
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield await_ping(f"127.0.0.1:{port}", server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def await_ping(address: str, server: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + WAIT
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection(address, timeout=1)
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                return address
        time.sleep(0.2)
    raise SystemExit("the server did not come up: see the output of mlflow models serve")


def load(
    address: str, bodies: list[bytes], clients: int, seconds: float
) -> tuple[list[float], int]:
    """Seconds of each successful request, and the number of failed ones."""
    taken: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    def client(seed: int) -> None:
        nonlocal failed
        connection = http.client.HTTPConnection(address, timeout=60)
        generator = np.random.default_rng(seed)
        while time.perf_counter() < end:
            body = bodies[generator.integers(len(bodies))]
            start = time.perf_counter()
            if post(connection, body) == 200:
                taken.append(time.perf_counter() - start)
            else:
                failed += 1

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, failed


def post(connection: http.client.HTTPConnection, body: bytes) -> int:
    """The status of a response, which is read to its end."""
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status


if __name__ == "__main__":
    main()
