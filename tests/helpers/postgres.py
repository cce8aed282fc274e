"""A PostgreSQL of a test's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers.ports import free_ports

FOLDERS = [path for version in Path("/usr/lib/postgresql").glob("*/bin") for path in [str(version)]]
PG_CTL = shutil.which("pg_ctl", path=os.pathsep.join([*FOLDERS, os.environ["PATH"]]))


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The address of a fresh PostgreSQL, which refuses to run as root."""
    if not PG_CTL:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    if not find_spec("psycopg2"):
        pytest.skip("needs psycopg2: pip install lrec[server]")
    user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="lrec-postgres-"))
    if user:
        shutil.chown(folder, *user.values())

    def control(*arguments: str) -> None:
        command = [PG_CTL, "-D", folder / "data", "-s", "-w", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    (port,) = free_ports(1)
    control("initdb", "-o", "-U lrec -A trust -E UTF8 --no-sync")
    listen = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    try:
        control("start", "-l", str(folder / "log"), "-o", listen)
        yield f"postgresql+psycopg2://lrec@127.0.0.1:{port}/postgres"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            control("stop", "-m", "immediate")
        shutil.rmtree(folder)
