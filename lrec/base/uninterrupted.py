"""Signals that wait while something is written, and signals that native code has lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
TERMINATED = 143  # exit status after SIGTERM

_raised: list[int] = []  # signals whose exceptions have been raised


def interrupt(number: int, frame: object) -> None:
    """Handle a signal by an exception, and keep that it came, for `raise_lost`.

    Raises:
        KeyboardInterrupt: the signal is SIGINT.
        SystemExit: it is SIGTERM.
    """
    _raised.append(number)
    raise SystemExit(TERMINATED) if number == signal.SIGTERM else KeyboardInterrupt


def raise_lost() -> None:
    """Raise the exception of a signal again, where work goes on although there was one.

    TensorFlow's native code asks Python objects for attributes, and clears what that raises.
    """
    if _raised:
        interrupt(_raised[0], None)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise their exceptions by `interrupt` in the block."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in handlers.items():
        if handler != signal.SIG_IGN:  # as SIGINT is for a command in a script's background
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        _put_back(handlers)
        _raised.clear()


@contextlib.contextmanager
def uninterrupted(needed: bool = True) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block has ended.

    An exception within a transaction of SQLite would leave it open, and lock the database against
    all that the run has to write about its end; one within the file of a journal or a study would
    leave its lock held, or the file behind what this process takes for written; one within an
    archive of arrays would end as the error of an archive that cannot be closed.

    Args:
        needed: False for a block that they may interrupt, as one that waits for a network.
    """
    if not needed or threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []

    def wait(number: int, frame: Any) -> None:
        arrived.append(number)

    handlers = {number: signal.signal(number, wait) for number in SIGNALS}
    try:
        yield
    finally:
        _put_back(handlers)
        for late in arrived:
            signal.raise_signal(late)


def _put_back(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
