"""The state of the caller's process during a call: what a command changes is put back."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator

from lrec.cli.process import ENVIRONMENT
from lrec.reporting.terminal import in_silence


@contextlib.contextmanager
def call(verbose: bool) -> Iterator[None]:
    """A block in which lrec prints as its command line does, or nothing; warnings are notes then.

    Args:
        verbose: False prints nothing, and leaves warnings to Python.
    """
    for name, value in ENVIRONMENT.items():
        if name != "HYDRA_FULL_ERROR":
            os.environ.setdefault(name, value)
    shown = warnings.showwarning
    with contextlib.ExitStack() as stack:
        if not verbose:
            stack.enter_context(in_silence())
        try:
            yield
        finally:
            warnings.showwarning = shown
