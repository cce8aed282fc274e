"""Signs of life: processes here are looked up, those elsewhere heard of."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from lrec.commands.tune import ownership
from lrec.commands.tune.ownership import LOST, beating, is_alive, own_name
from lrec.commands.tune.storage import PATIENCE

SHOW = "from lrec.commands.tune.ownership import own_name; print(own_name(), flush=True); input()"


def test_a_process_of_this_machine_lives_until_it_ends_however_long_it_was_silent() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SHOW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert is_alive(name, 0.0, time.time())
    process.kill()
    process.wait()
    assert not is_alive(name, time.time(), time.time())
    assert is_alive(own_name(), 0.0, time.time())


def test_a_number_that_was_given_again_is_another_process() -> None:
    machine, pid, started = own_name().rsplit(":", 2)
    assert not is_alive(f"{machine}:{pid}:{int(started) - 1}", time.time(), time.time())


def test_a_process_elsewhere_counts_as_gone_when_it_has_been_silent_for_long() -> None:
    assert is_alive("elsewhere:1:1", 100.0, 100.0 + LOST - 1)
    assert not is_alive("elsewhere:1:1", 100.0, 100.0 + LOST)
    assert LOST > PATIENCE  # the first that is back must not take over the trials of all others


def test_beats_go_on_when_one_does_not_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "INTERVAL", 0.001)
    beats: list[float] = []

    def beat(now: float) -> None:
        beats.append(now)
        if len(beats) == 1:
            raise RuntimeError("away")

    with beating(beat):
        end = time.monotonic() + 5
        while len(beats) < 3:
            assert time.monotonic() < end
            time.sleep(0.001)
