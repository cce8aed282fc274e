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
import math
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import optuna
from benchmarking import markdown
from benchmarking.processes import HERE
from benchmarking.replay import Method, Recorded
from benchmarking.replay_summary import Summary, budget_of, spread, summarise
from benchmarking.trial_table import TrialTable
from omegaconf import OmegaConf

from lrec.base.config.conf import CONF
from lrec.commands.tune.candidate import GRACE

PAGE = HERE / "docs" / "tuning.md"
STARTUP = int(OmegaConf.load(CONF / "tune.yaml").startup_trials)
BASE = Method("random")
SAMPLERS = (BASE, Method("grid"), *(Method("tpe", n) for n in (3, 5, 10, 20)))
PRUNERS = (
    Method("random", pruner="halving", grace_epochs=GRACE),
    *(Method("tpe", STARTUP, "halving", grace) for grace in (1, 2, 3, 5)),
    *(Method("tpe", STARTUP, "hyperband", grace) for grace in (1, 3)),
    Method("tpe", STARTUP, "median", GRACE),
)
FRONTS = (BASE, *(Method(name, n) for name in ("tpe", "nsga2") for n in (5, 10)))
DEFAULT = Method("tpe", STARTUP, "halving", GRACE)
TWO = ("tail", "head")
SHARES = (0.25, 0.5, 1.0)  # of the budget, in tables
DRAWN = (BASE, Method("tpe", STARTUP), Method("random", pruner="halving"), DEFAULT)
COLOURS = ("#888888", "#1f77b4", "#e69f00", "#c0392b")


@dataclass(frozen=True)
class Replayed:
    """A table with the summaries of its methods, for one objective and for two."""

    recorded: Recorded
    one: list[Summary]
    two: list[Summary]

    @property
    def title(self) -> str:
        return str(self.recorded.table.head["data"])

    @property
    def default(self) -> Method:
        """The method that `lrec tune` has by default; a model without epochs is not pruned."""
        pruner = DEFAULT.pruner if self.recorded.table.head["epochs"] else "none"
        return replace(DEFAULT, pruner=pruner)


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
    page.write_text(markdown.between(page.read_text(), "replay", section(replayed, chosen, page)))
    return 0


def replays(tables: Sequence[TrialTable], chosen: argparse.Namespace) -> list[Replayed]:
    """All methods on all tables; those that prune only where there are epochs."""
    jobs: list[tuple[Recorded, Method, int]] = []
    places: list[tuple[Recorded, slice, slice]] = []
    for table in tables:
        group = table.head["monitor"].rpartition("/")[2]
        one, start = Recorded(table, [group], chosen.clock), len(jobs)
        methods = [*SAMPLERS, *(PRUNERS if table.head["epochs"] else ())]
        jobs += [(one, method, chosen.repetitions) for method in methods]
        middle = len(jobs)
        if all(group in table.trials[0].curve for group in TWO):
            two = Recorded(table, TWO, chosen.clock)
            jobs += [(two, method, chosen.repetitions) for method in FRONTS]
        places.append((one, slice(start, middle), slice(middle, len(jobs))))
    done = summaries(jobs, chosen.processes)
    return [Replayed(one, done[single], done[both]) for one, single, both in places]


def summaries(jobs: Sequence[tuple[Recorded, Method, int]], processes: int) -> list[Summary]:
    silence()
    if processes == 1:
        return [summarise(*job) for job in jobs]
    with ProcessPoolExecutor(processes, get_context("spawn"), silence) as pool:
        return list(pool.map(summarise, *zip(*jobs, strict=True)))


def silence() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def section(replayed: Sequence[Replayed], chosen: argparse.Namespace, page: Path) -> str:
    """All that stands between the markers."""
    parts = [recordings(replayed, chosen)]
    models = list(dict.fromkeys(one.recorded.table.head["model"] for one in replayed))
    for model in models:
        own = [one for one in replayed if one.recorded.table.head["model"] == model]
        picture = page.parent / "pictures" / f"replay_{model}.png"
        draw(own, picture, chosen.clock)
        parts += [
            f"#### {model}",
            f"![Best validation value so far against seconds](pictures/{picture.name})",
            methods_table(own),
        ]
    if any(one.two for one in replayed):
        parts += ["#### Two objectives", fronts_table(replayed)]
    return "\n\n".join(parts)


def recordings(replayed: Sequence[Replayed], chosen: argparse.Namespace) -> str:
    """The tables: how many settings, how good they are, how long they took, and on what."""
    heads = ["model", "data", "settings", "epochs", "minutes", "budget, minutes", "as it is",
             "spread over seeds", "best", "median"]  # fmt: skip
    rows = []
    for one in replayed:
        recorded, head = one.recorded, one.recorded.table.head
        finals = recorded.finals[:, 0]
        sd = spread(recorded)
        rows.append(
            [
                head["model"],
                head["data"],
                str(len(recorded.trials)),
                "–" if head["epochs"] is None else f"at most {head['epochs']}",
                f"{recorded.total / 60:.1f}",
                f"{budget_of(recorded) / 60:.1f}",
                f"{finals[0]:.4f}",
                "–" if math.isnan(sd) else f"{sd:.4f}",
                f"{np.nanmax(finals):.4f}",
                f"{np.nanmedian(finals):.4f}",
            ]
        )
    clock = "CPU" if chosen.clock == "cpu" else "the clock"
    made = replayed[0].recorded.table.made_on
    note = (
        f"{chosen.repetitions} repetitions; minutes and seconds of {clock}. Recorded "
        f"{made['date']}, {made['machine']['processor']}."
    )
    return f"{markdown.table(heads, rows, left=2)}\n\n{note}"


def methods_table(own: Sequence[Replayed]) -> str:
    """The best value so far by method and data set, and seconds to what random search reaches."""
    heads = ["data", "method", *(f"{share:.0%} of the budget" for share in SHARES),
             "s to random's last", "through random's", "drawn only", "winner dropped"]  # fmt: skip
    rows = []
    for one in own:
        for summary in one.one:
            base = one.one[0]
            reached, ratio = to_target(summary, base)
            last = float(base.drawn[1, -1])
            drawn = through(summary.draws_reach(last), base.draws_reach(last))
            mark = "**" if summary.method == one.default else ""
            is_pruned = summary.method.pruner != "none"
            rows.append(
                [
                    one.title,
                    f"{mark}{summary.method.name}{mark}",
                    *(f"{median_and_quartiles(summary, share)}" for share in SHARES),
                    reached,
                    ratio,
                    drawn,
                    f"{summary.dropped:.0%}" if is_pruned else "–",
                ]
            )
    return markdown.table(heads, rows, left=2)


def fronts_table(replayed: Iterable[Replayed]) -> str:
    """The share of the area below the whole table's front of tail and head, by method."""
    heads = ["model", "data", "method", *(f"{share:.0%} of the budget" for share in SHARES),
             "s to random's last", "through random's"]  # fmt: skip
    rows = [
        [
            one.recorded.table.head["model"],
            one.title,
            summary.method.name,
            *(median_and_quartiles(summary, share, 2) for share in SHARES),
            *to_target(summary, one.two[0]),
        ]
        for one in replayed
        for summary in one.two
    ]
    return markdown.table(heads, rows, left=3)


def median_and_quartiles(summary: Summary, share: float, digits: int = 4) -> str:
    low, middle, high = summary.at(share)
    if math.isnan(middle):
        return "–"
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def to_target(summary: Summary, base: Summary) -> tuple[str, str]:
    """Seconds to the median that random search ends with, also through random search's own."""
    target = float(base.quartiles[1, -1])
    own, reached = base.reaches(target), summary.reaches(target)
    if reached is None:
        return "not reached", "–"
    return markdown.seconds(reached).removesuffix(" s"), through(reached, own)


def through(seconds: float | None, base: float | None) -> str:
    return "–" if seconds is None or not base else f"{seconds / base:.2f}"


def draw(own: Sequence[Replayed], path: Path, clock: str) -> None:
    """A panel for each data set: median lines, with the quartiles of random and the default."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(own), 3.2), layout="constrained")
    panels = figure.subplots(1, len(own), squeeze=False)[0]
    for panel, one in zip(panels, own, strict=True):
        for colour, method in zip(COLOURS, DRAWN, strict=True):
            for summary in one.one:
                if summary.method == method:
                    low, middle, high = summary.quartiles
                    panel.plot(summary.clock, middle, color=colour, label=method.name, lw=1.5)
                    if method in (BASE, one.default):
                        panel.fill_between(summary.clock, low, high, color=colour, alpha=0.15, lw=0)
        panel.set_title(f"{one.recorded.table.head['model']}, {one.title}", fontsize=10)
        panel.set_xlabel("CPU seconds" if clock == "cpu" else "seconds", fontsize=9)
        panel.tick_params(labelsize=8)
    panels[0].set_ylabel(own[0].recorded.table.head["monitor"], fontsize=9)
    panels[0].legend(fontsize=7, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    sys.exit(main())
