"""Tables and pictures of a replay."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarking import markdown
from benchmarking.recorded import Recorded
from benchmarking.replay import Method
from benchmarking.replay_summary import Summary, budget_of, spread

SHARES = (0.25, 0.5, 1.0)  # of the budget, in tables
COLOURS = ("#888888", "#1f77b4", "#e69f00", "#c0392b")


@dataclass(frozen=True)
class Replayed:
    """A table with the summaries of its methods, for one objective and for two.

    Attributes:
        one, two: random search first.
        default: what `lrec tune` does.
        drawn: the methods of the picture, random search first.
    """

    recorded: Recorded
    one: list[Summary]
    two: list[Summary]
    default: Method
    drawn: list[Method]

    @property
    def model(self) -> str:
        return str(self.recorded.table.head["model"])

    @property
    def data(self) -> str:
        return str(self.recorded.table.head["data"])


def section(replayed: Sequence[Replayed], repetitions: int, clock: str, pictures: Path) -> str:
    """All that stands between the markers; pictures are written."""
    made = replayed[0].recorded.table.made_on
    seconds = "of the CPU" if clock == "cpu" else "on the clock"
    parts = [
        recordings(replayed),
        f"{repetitions} repetitions; minutes and seconds {seconds}. Recorded {made['date']}, "
        f"{made['machine']['processor']}.",
        "#### The default against random search",
        defaults(replayed),
    ]
    for model in dict.fromkeys(one.model for one in replayed):
        own = [one for one in replayed if one.model == model]
        picture = pictures / f"replay_{model}.png"
        draw(own, picture, f"seconds {seconds}")
        parts += [
            f"#### {model}",
            f"![Best validation value so far against seconds](pictures/{picture.name})",
            methods_table(own),
        ]
    if any(one.two for one in replayed):
        parts += ["#### Tail and head at once", fronts_table(replayed)]
    return "\n\n".join(parts)


def recordings(replayed: Iterable[Replayed]) -> str:
    """The tables: how many settings, how long they took, and how good they are."""
    heads = ["model", "data", "settings", "epochs", "minutes", "budget, minutes", "as it is",
             "best", "median"]  # fmt: skip
    rows = []
    for one in replayed:
        recorded, epochs = one.recorded, one.recorded.table.head["epochs"]
        finals = recorded.finals[:, 0]
        rows.append(
            [
                one.model,
                one.data,
                str(len(recorded.trials)),
                "–" if epochs is None else f"at most {epochs}",
                f"{recorded.total / 60:.1f}",
                f"{budget_of(recorded) / 60:.1f}",
                *(f"{x:.4f}" for x in (finals[0], np.nanmax(finals), np.nanmedian(finals))),
            ]
        )
    return markdown.table(heads, rows, left=2)


def defaults(replayed: Iterable[Replayed]) -> str:
    """Seconds of the default through those of random search, and values when all are spent."""
    heads = ["model", "data", "default", "seconds through random's", "drawn only",
             "value less random's, at the end", "spread over seeds"]  # fmt: skip
    rows = []
    for one in replayed:
        base = one.one[0]
        own = next(summary for summary in one.one if summary.method == one.default)
        sd = spread(one.recorded)
        rows.append(
            [
                one.model,
                one.data,
                one.default.name,
                to_target(own, base)[1],
                of_drawn(own, base),
                f"{own.at(1.0)[1] - base.at(1.0)[1]:+.4f}",
                "–" if math.isnan(sd) else f"{sd:.4f}",
            ]
        )
    return markdown.table(heads, rows, left=3)


def methods_table(own: Iterable[Replayed]) -> str:
    """The best value so far by method and data set, and seconds to what random search reaches."""
    heads = ["data", "method", *(f"{share:.0%} of the budget" for share in SHARES),
             "s to random's last", "through random's", "drawn only", "winner dropped"]  # fmt: skip
    rows = []
    for one in own:
        for summary in one.one:
            mark = "**" if summary.method == one.default else ""
            pruned = f"{summary.dropped:.0%}" if summary.method.pruner != "none" else "–"
            rows.append(
                [
                    one.data,
                    f"{mark}{summary.method.name}{mark}",
                    *(median_and_quartiles(summary, share) for share in SHARES),
                    *to_target(summary, one.one[0]),
                    of_drawn(summary, one.one[0]),
                    pruned,
                ]
            )
    return markdown.table(heads, rows, left=2)


def fronts_table(replayed: Iterable[Replayed]) -> str:
    """The share of the area below the whole table's front of tail and head, by method."""
    heads = ["model", "data", "method", *(f"{share:.0%} of the budget" for share in SHARES),
             "s to random's last", "through random's"]  # fmt: skip
    rows = [
        [
            one.model,
            one.data,
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


def of_drawn(summary: Summary, base: Summary) -> str:
    """Seconds to the median that random search's draws end with, through random search's own."""
    target = float(base.drawn[1, -1])
    return through(summary.draws_reach(target), base.draws_reach(target))


def through(seconds: float | None, base: float | None) -> str:
    return "–" if seconds is None or not base else f"{seconds / base:.2f}"


def draw(own: Sequence[Replayed], path: Path, words: str) -> None:
    """A panel for each data set: median lines, with the quartiles of random and the default."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(own), 3.2), layout="constrained")
    panels = figure.subplots(1, len(own), squeeze=False)[0]
    for panel, one in zip(panels, own, strict=True):
        for colour, method in zip(COLOURS, one.drawn, strict=False):
            (summary,) = (summary for summary in one.one if summary.method == method)
            low, middle, high = summary.quartiles
            panel.plot(summary.clock, middle, color=colour, label=method.name, lw=1.5)
            if method in (one.drawn[0], one.default):
                panel.fill_between(summary.clock, low, high, color=colour, alpha=0.15, lw=0)
        panel.set_title(f"{one.model}, {one.data}", fontsize=10)
        panel.set_xlabel(words, fontsize=9)
        panel.tick_params(labelsize=8)
    panels[0].set_ylabel(own[0].recorded.table.head["monitor"], fontsize=9)
    panels[0].legend(fontsize=7, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, metadata={"Software": None})
