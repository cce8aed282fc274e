"""Whole commands on large data: seconds in all and by stage, and peak memory.

    python scripts/scale_data.py SETS                                  # once: makes the data, 1 GB
    python scripts/benchmark_commands.py --sets SETS
    python scripts/benchmark_commands.py --sets SETS --before CHECKOUT --rounds 3
    python scripts/benchmark_commands.py --sets SETS --set wide --case itemknn rp3beta

Every command is a process of its own, in an empty folder with an MLflow store that has been used,
and is stopped after --limit seconds. An older checkout (`git worktree add --detach …`) takes turns
with this one, each with its own cache of prepared data. A first load begins with an empty cache;
all other commands find the data there, and what else an earlier command has kept. Commands that are
not counted go before, so that files and libraries lie in memory. Networks train one epoch.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarking import markdown, rounds, stages
from benchmarking.cases import POPULARITY, SETS, Case
from benchmarking.processes import HERE, of_checkout, run
from benchmarking.rounds import Result, Results, Sides

NOW, BEFORE = "now", "before"


def parser() -> argparse.ArgumentParser:
    made = rounds.parser(__doc__)
    made.add_argument("--set", choices=list(SETS), default="ml20m_like")
    made.add_argument("--case", nargs="+", help="some of the set's cases, by name")
    made.add_argument("--sets", type=Path, help="folder that scripts/scale_data.py has filled")
    made.add_argument("--before", type=Path, help="an older checkout to compare with")
    made.add_argument("--limit", type=float, default=1200.0, help="seconds a command")
    return made


def sides(chosen: argparse.Namespace) -> Sides:
    """The cases, each now and before, by `<case> <side>`."""
    cases = SETS[chosen.set]
    checkouts = {NOW: HERE} | ({BEFORE: chosen.before} if chosen.before else {})
    places = {side: Place(side, path, chosen) for side, path in checkouts.items()}
    return {
        f"{name} {side}": partial(place.measure, cases[name])
        for name in chosen.case or cases
        for side, place in places.items()
    }


class Place:
    """Where the commands of one checkout run.

    Args:
        side: now or before.
    """

    def __init__(self, side: str, checkout: Path, chosen: argparse.Namespace) -> None:
        self.side, self.checkout, self.chosen = side, checkout, chosen
        self.store = self.root / "used.db"
        self.used = False  # True once the store is there, and libraries lie in memory
        self.prepared: set[str] = set()  # endings of the files whose data is in the cache

    def measure(self, case: Case) -> Result:
        """The seconds, stages and peak of a command, and how it ended."""
        folder = self.root / "command"
        with emptied(folder):
            self._prepare(folder, case)
            if case.fresh:
                shutil.rmtree(self.root / "cache", ignore_errors=True)
                self.prepared = {case.ending}
            shutil.copy(self.store, folder / "mlflow.db")
            words = [*case.words, *(case.newer if self.side == NOW else ()), *self._data(case)]
            return self._run(folder, words, self.chosen.limit)

    @property
    def root(self) -> Path:
        """A folder that stays: the cache is worth keeping between benchmarks."""
        path = self.chosen.folder or Path(tempfile.gettempdir()) / "lrec-benchmark-commands"
        return path.absolute() / f"work_{self.side}"

    def _data(self, case: Case) -> list[str]:
        if self.chosen.set == "default":
            return []
        file = (self.chosen.sets / f"{self.chosen.set}{case.ending}").resolve(strict=True)
        return ["dataset=csv", f"dataset.path={file}", "split=leave_one_out"]

    def _prepare(self, folder: Path, case: Case) -> None:
        """Use a store once, and read and prepare the data, neither of which is counted."""
        if not self.used:
            small = [*POPULARITY, "dataset.n_users=300", "dataset.n_items=100"]
            self._run(folder, small, math.inf, must=True)
            shutil.copy(folder / "mlflow.db", self.store)
            self.used = True
        if case.ending not in self.prepared and self.chosen.set != "default":
            self._run(folder, self._data(case), math.inf, command="data", must=True)
            self.prepared.add(case.ending)

    def _run(
        self,
        folder: Path,
        words: Sequence[str],
        limit: float,
        command: str = "train",
        must: bool = False,
    ) -> Result:
        out = folder / "stages.json"
        out.unlink(missing_ok=True)
        environment = of_checkout(self.checkout) | {"LREC_CACHE": str(self.root / "cache")}
        line = [sys.executable, "-P", stages.__file__, out, command, *words]
        done = run(line, folder, environment, limit)
        if must and done.code:
            raise RuntimeError(f"{' '.join(words)} failed ({done.code}): {done.complaint}")
        told = json.loads(out.read_text()) if out.exists() else {"stages": {}, "waits": []}
        return {
            "seconds": done.seconds,
            "peak": done.peak,
            "code": done.code,
            "late": done.late,
            "complaint": done.complaint if done.code else "",
            **told,
        }


@contextlib.contextmanager
def emptied(folder: Path):
    """A folder that is empty before and gone afterwards: saved models take gigabytes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def table(results: Results) -> str:
    """Commands in all, then the stages of those that ended well now."""
    names = dict.fromkeys(name.rpartition(" ")[0] for name in results)
    pairs = {n: [results.get(f"{n} {side}", []) for side in (BEFORE, NOW)] for n in names}
    compared = any(before for before, _ in pairs.values())
    heads = [*(["before"] if compared else []), "now", *(["ratio"] if compared else [])]
    heads += [*(["peak before"] if compared else []), "peak now"]
    rows = []
    for name, (before, now) in pairs.items():
        cells = [ended(before), ended(now), ratio(before, now), peak(before), peak(now)]
        rows.append([name, *(cells if compared else [cells[1], cells[4]])])
    shown = markdown.table(["", *heads], rows)
    timed = {name: now for name, (_, now) in pairs.items() if now and not now[0]["code"]}
    return f"{shown}\n\n{stage_table(timed)}" if timed else shown


def stage_table(results: Results) -> str:
    """Seconds of each stage now; of a sweep the time before each training, too."""
    found = {stage for kept in results.values() for one in kept for stage in one["stages"]}
    order = [stages.START, *stages.STAGES, stages.TRAINING, "rest"]
    shown = [stage for stage in order if stage in found]
    rows = []
    for name, kept in results.items():
        cells = [
            f"{rounds.median(kept, lambda one, stage=stage: one['stages'].get(stage, 0.0)):.2f}"
            for stage in shown
        ]
        waits = ", ".join(f"{wait:.1f}" for wait in kept[-1]["waits"])
        rows.append([name, *cells, waits])
    return markdown.table(["seconds of", *shown, "until each training"], rows)


def ended(results: Sequence[Result]) -> str:
    """The median seconds; or how the command ended, if not well."""
    if not results:
        return "–"
    last = results[-1]
    if last["late"]:
        return f"not done in {last['seconds']:.0f} s"
    if last["code"] < 0:
        return f"crash, signal {-last['code']}"
    shown = markdown.seconds(rounds.median(results, lambda one: one["seconds"]))
    return f"refused in {shown}" if last["code"] else shown


def ratio(before: Sequence[Result], now: Sequence[Result]) -> str:
    if not before or not now or any(one["code"] for one in (*before, *now)):
        return "–"
    return markdown.times(rounds.ratio(before, now, lambda one: one["seconds"]))


def peak(results: Sequence[Result]) -> str:
    if not results:
        return "–"
    return markdown.gigabytes(max(one["peak"] for one in results))


def main(argv: Sequence[str] | None = None) -> None:
    chosen = parser().parse_args(argv)
    rounds.print_table(sides(chosen), table, chosen)


if __name__ == "__main__":
    main()
