"""Membership of a cluster of workers, and the rendezvous at its start."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """Workers that train together; the first one is the chief.

    Attributes:
        hosts: `host:port` of each worker.
        index: index of this process in `hosts`.

    Raises:
        ValueError: a host is not `host:port` or named twice, or the index is out of range.
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
        return [host for index, host in enumerate(self.hosts) if index != self.index]

    def meet(self, timeout: float) -> None:
        """Listen at this worker's port, and wait until all other workers listen at theirs.

        Args:
            timeout: seconds.

        Raises:
            RuntimeError: some do not in time, or this worker's port is taken.
        """
        own = self.hosts[self.index]
        try:
            server = socket.create_server(
                ("", int(own.rpartition(":")[2])), backlog=len(self.hosts)
            )
        except (OSError, OverflowError) as error:
            raise RuntimeError(
                f"worker {self.index} cannot listen at {own}: {error}. Give it another port."
            ) from None
        with server:
            missing, end = self.others, time.monotonic() + timeout
            while missing := unreachable(missing):
                if time.monotonic() > end:
                    raise RuntimeError(
                        f"no answer from {', '.join(missing)} within {timeout:g} s: start every "
                        "worker, with an index of its own, and let their ports through. "
                        "strategy.timeout is how long to wait."
                    )
                time.sleep(0.2)


def unreachable(hosts: Sequence[str]) -> list[str]:
    """Those of some `host:port` that do not accept a connection now."""
    return [host for host in hosts if not _listens(host)]


def _listens(host: str) -> bool:
    name, _, port = host.rpartition(":")
    try:
        socket.create_connection((name, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
