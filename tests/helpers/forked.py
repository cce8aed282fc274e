"""Commands in processes of their own that need not import what all of them import.

They are forked from a process that has done so: importing TensorFlow and MLflow takes longer than
most commands of the tests run.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lrec.base.silence import silenced

IMPORTED = [
    "tensorflow",
    "keras",
    "mlflow.store.tracking.sqlalchemy_store",
    "matplotlib.backends.backend_agg",
    "lrec.commands.train.experiment",
]


def run(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], seconds: float
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `lrec`.

    Raises:
        TimeoutError: it takes longer than that.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    with tempfile.TemporaryDirectory() as said:
        out, err = Path(said) / "out", Path(said) / "err"
        what = (arguments, folder, dict(environment), out, err)
        process = context.Process(target=command, args=what)
        with silenced():  # what is imported first chatters
            process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"lrec {' '.join(arguments)}: {out.read_text()}{err.read_text()}")
        return process.exitcode, out.read_text(), err.read_text()


def command(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], out: Path, err: Path
) -> None:
    """What the forked process does."""
    from lrec.cli.main import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["lrec", *arguments]
    try:
        sys.exit(main())
    finally:
        atexit._run_exitfuncs()  # a forked process leaves without them
