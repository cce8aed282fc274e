"""Every sampler and pruner of `lrec tune` on recorded trials, written to docs/tuning.md.

    python scripts/record_trials.py --data …      # first: hours, which are spent once
    python scripts/replay_tuning.py               # minutes: nothing is trained

Each method searches each table of `--folder` a hundred times, with other seeds. What a sampler
draws is replaced by the nearest recorded settings that it has not tried, so that Optuna is told of
settings that were really trained; a pruner cuts the recorded curve, and the seconds after the cut
are not spent. Samplers and pruners are made by lrec/commands/tune/sampling.py, as for `lrec tune`.
The page and the pictures have the best value so far against the seconds spent.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import optuna
from benchmarking import markdown
from benchmarking.processes import HERE
from benchmarking.recorded import Recorded
from benchmarking.replay import Method
from benchmarking.replay_page import Replayed, section
from benchmarking.replay_summary import Summary, summarise
from benchmarking.trial_table import TrialTable
from omegaconf import OmegaConf

from lrec.base.config.conf import CONF
from lrec.commands.tune.candidate import GRACE

PAGE = HERE / "docs" / "tuning.md"
STARTUP = int(OmegaConf.load(CONF / "tune.yaml").startup_trials)
TWO = ("tail", "head")  # objectives at once
BASE = Method("random")
TPE = Method("tpe", STARTUP)
HALVED = replace(BASE, pruner="halving", grace_epochs=GRACE)
SAMPLERS = [BASE, Method("grid"), *(Method("tpe", n) for n in (3, 5, 10, 20))]
PRUNERS = [
    HALVED,
    *(replace(TPE, pruner="halving", grace_epochs=grace) for grace in (1, 2, 3, 5)),
    *(replace(TPE, pruner="hyperband", grace_epochs=grace) for grace in (1, 3)),
    replace(TPE, pruner="median", grace_epochs=GRACE),
]
FRONTS = [BASE, *(Method(name, n) for name in ("tpe", "nsga2") for n in (5, 10))]


def main(argv: Sequence[str] | None = None, page: Path = PAGE) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("outputs/trials"))
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--clock", choices=["cpu", "seconds"], default="cpu")
    parser.add_argument("--least", type=int, default=20, help="settings that a table needs")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args(argv)
    tables = [TrialTable.read(path) for path in sorted(chosen.folder.glob("*.jsonl"))]
    enough = [table for table in tables if len(table.drawn) >= chosen.least]
    if not enough:
        print(f"replay_tuning.py: {chosen.folder} has no table of {chosen.least} settings",
              file=sys.stderr)  # fmt: skip
        return 1
    enough.sort(key=lambda table: (table.head["model"], table.head["data"]))
    replayed = replays(enough, chosen)
    text = section(replayed, chosen.repetitions, chosen.clock, page.parent / "pictures")
    page.write_text(markdown.between(page.read_text(), "replay", text))
    return 0


def replays(tables: Sequence[TrialTable], chosen: argparse.Namespace) -> list[Replayed]:
    """All methods on all tables; those that prune only where there are epochs."""
    jobs: list[tuple[Recorded, Method, int]] = []
    parts: list[tuple[Recorded, slice, slice]] = []
    for table in tables:
        one, begin = Recorded(table, [table.monitored], chosen.clock), len(jobs)
        methods = SAMPLERS + (PRUNERS if table.head["epochs"] else [])
        methods = list(dict.fromkeys([*methods, default_of(table)]))
        jobs += [(one, method, chosen.repetitions) for method in methods]
        middle = len(jobs)
        if all(group in table.trials[0].curve for group in TWO):
            two = Recorded(table, TWO, chosen.clock)
            jobs += [(two, method, chosen.repetitions) for method in FRONTS]
        parts.append((one, slice(begin, middle), slice(middle, len(jobs))))
    done = summaries(jobs, chosen.processes)
    return [
        Replayed(one, done[single], done[both], default_of(one.table), shown_of(one.table))
        for one, single, both in parts
    ]


def default_of(table: TrialTable) -> Method:
    """The way in which `lrec tune` searches if nothing is said: it prunes after the warm-up."""
    epochs, grace = table.head["epochs"], table.head["grace_epochs"]
    if epochs is None or grace >= epochs:
        return TPE
    return replace(TPE, pruner="halving", grace_epochs=grace)


def shown_of(table: TrialTable) -> list[Method]:
    """The methods of a picture."""
    methods = [BASE, TPE, default_of(table)]
    return list(dict.fromkeys([*methods, HALVED] if table.head["epochs"] else methods))


def summaries(jobs: Sequence[tuple[Recorded, Method, int]], processes: int) -> list[Summary]:
    silence()
    if processes == 1:
        return [summarise(*job) for job in jobs]
    with ProcessPoolExecutor(processes, get_context("spawn"), silence) as pool:
        return list(pool.map(summarise, *zip(*jobs, strict=True)))


def silence() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


if __name__ == "__main__":
    sys.exit(main())
