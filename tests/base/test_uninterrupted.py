"""Signals wait for the end of a block, and are not lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import pytest

from lrec.base.uninterrupted import raise_lost, uninterrupted
from lrec.cli.process import command_process


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """A parent in the background may have told its children to ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(needed: bool) -> list[str]:
    """Parts of a block that were done before Ctrl-C, which comes between them, ended it."""
    done = []

    def work() -> None:
        with uninterrupted(needed):
            done.append("one half")
            signal.raise_signal(signal.SIGINT)
            done.append("the other")

    with pytest.raises(KeyboardInterrupt):
        work()
    return done


def test_ctrl_c_comes_after_the_block() -> None:
    assert interrupted(needed=True) == ["one half", "the other"]


def test_blocks_that_wait_for_a_network_are_interrupted() -> None:
    assert interrupted(needed=False) == ["one half"]


def test_sigterm_comes_to_the_handler_that_was_there() -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGTERM)
            assert received == []
        assert received == [signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert received == [signal.SIGTERM] * 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_errors_of_the_block_are_raised() -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ValueError, match="its own"), uninterrupted():
        raise ValueError("its own")
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_other_threads_change_no_handler() -> None:
    def run() -> None:
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    seen: list[object] = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_that_native_code_has_lost_is_raised_again(
    number: int, error: type[BaseException]
) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with command_process():
        raise_lost()  # nothing has come
        with contextlib.suppress(error):  # as native code does
            signal.raise_signal(number)
        for _ in range(2):
            with pytest.raises(error):
                raise_lost()
    raise_lost()
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with command_process():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
