"""Rounds in which the sides of a benchmark take turns, with every result kept as JSON."""

from __future__ import annotations

import argparse
import datetime
import json
import re
import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarking.machine import machine

Result = dict[str, Any]
Results = dict[str, list[Result]]  # of each side, one a round
Sides = Mapping[str, Callable[[], Result]]


def parser(text: str | None) -> argparse.ArgumentParser:
    """Options that all benchmarks have, under the first line of their docstring."""
    made = argparse.ArgumentParser(description=(text or "").splitlines()[0])
    made.add_argument("--rounds", type=int, default=1, help="in which the sides take turns")
    made.add_argument("--folder", type=Path, help="of results: what is there is not done again")
    return made


def print_table(sides: Sides, table: Callable[[Results], str], chosen: argparse.Namespace) -> None:
    """Measure, print the table, and all results as JSON in the last line."""
    with tempfile.TemporaryDirectory() as folder:
        results = measure(sides, chosen.folder or Path(folder), chosen.rounds)
    print(table(results))
    print(json.dumps(results))


def measure(sides: Sides, folder: Path, rounds: int) -> Results:
    """Every side once in each round, the order turned round by round.

    A drift of the machine so weighs on all sides alike. What the folder has is not done again, so
    that a benchmark can be stopped and go on; remove files to measure again. What was not done
    within its limit is not tried again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = list(sides)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            path = place(folder, name, number)
            late = any(one.get("late") for one in read(folder, [name]).get(name, []))
            if not path.exists() and not late:
                print(f"{folder.name}: {name}, round {number + 1} of {rounds}", flush=True)
                kept = {"side": name, "result": sides[name](), **stamp()}
                path.write_text(json.dumps(kept, indent=1) + "\n")
    return read(folder, names)


def place(folder: Path, side: str, number: int) -> Path:
    return folder / f"{re.sub('[^a-z0-9]+', '_', side.lower()).strip('_')}.{number}.json"


def read(folder: Path, names: Iterable[str]) -> Results:
    """The kept results of these sides, of all rounds."""
    return {
        name: [json.loads(path.read_text())["result"] for path in kept]
        for name in names
        if (kept := sorted(folder.glob(place(folder, name, 0).name.replace(".0.", ".*."))))
    }


def stamp() -> dict[str, Any]:
    """The day and the machine of a result."""
    return {"date": datetime.date.today().isoformat(), "machine": machine()}


def typical(seconds: Sequence[float], warm_up: int) -> float:
    """The median, without the first epochs where there are more."""
    return statistics.median(seconds[warm_up:] or seconds)


def median(results: Iterable[Result], value: Callable[[Result], float]) -> float:
    """The median over rounds."""
    return statistics.median(map(value, results))


def ratio(
    over: Sequence[Result], under: Sequence[Result], value: Callable[[Result], float]
) -> float:
    """The median over rounds of one side's value through the other's in the same round."""
    pairs = zip(over, under, strict=False)  # a side may have been measured in fewer rounds
    return statistics.median(value(one) / value(other) for one, other in pairs)
