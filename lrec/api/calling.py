"""The state of the caller's process during a call: what a command changes is put back."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from lrec.base.arguments import check_argument
from lrec.cli.process import ENVIRONMENT
from lrec.reporting.terminal import in_silence

_alone = threading.RLock()  # Hydra, sys.stdout and random states are the whole process's


@contextlib.contextmanager
def call(verbose: bool) -> Iterator[None]:
    """A block in which lrec prints as its command line does, warnings as notes, or nothing.

    Calls from several threads wait for each other. The states of `random` and `numpy.random`, which
    training sets, are the caller's again afterwards; TensorFlow's global seed, which training a
    network sets too, stays set, as there is no public way to read what it was.

    Args:
        verbose: False prints nothing, and leaves warnings to Python.
    """
    with _alone, contextlib.ExitStack() as stack:
        for name, value in ENVIRONMENT.items():
            if name != "HYDRA_FULL_ERROR":
                os.environ.setdefault(name, value)
        stack.enter_context(warnings.catch_warnings())
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002 - the caller's
        if verbose:
            warnings.simplefilter("default", UserWarning)  # a note in each call
        else:
            stack.enter_context(in_silence())
        yield


def check_overrides(overrides: Sequence[object], example: str) -> None:
    """Refuse overrides that are no texts.

    Args:
        example: of the call.

    Raises:
        ConfigError: naming the first one's class.
    """
    for word in overrides:
        check_argument(word, str, f"overrides must be texts, one for each key: {example}")
