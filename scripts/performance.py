"""Every benchmark, its results kept as JSON, and docs/performance.md written from them.

    python scripts/scale_data.py SETS                       # once: large generated data, 1 GB
    python scripts/performance.py --sets SETS --before CHECKOUT --rounds 3 \
        --recbole recbole-venv/bin/python --rectools rectools-venv/bin/python \
        --peers peers-venv/bin/python
    python scripts/performance.py --only vae attention …    # some parts
    python scripts/performance.py --only vae --again …      # measured again
    python scripts/performance.py --render                  # the page alone

Each part is one of the benchmarks with words of its own. Its results lie in a folder of --folder
and stay: a run that was stopped goes on, and more --rounds are added to those that are there. The
page is written after every part, from all results that there are. A part that fails is told, and
the others go on. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import benchmark_attention
import benchmark_baselines
import benchmark_commands
import benchmark_evaluation
import benchmark_update
import benchmark_vae
from benchmarking import markdown, rounds
from benchmarking.processes import HERE

PAGE = HERE / "docs" / "performance.md"


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        benchmark: a module with `parser`, `sides` and `table`.
        words: for its parser.
        options: of this script that it gets, too, by its own names for them.
    """

    benchmark: ModuleType
    words: tuple[str, ...]
    options: dict[str, str]


COMMANDS = {"before": "before", "sets": "sets"}
RECBOLE = {"recbole": "recbole", "before": "before"}
RECTOOLS = {"rectools": "rectools", "before": "before"}
PARTS = {
    "ml20m_like": Part(benchmark_commands, ("--set", "ml20m_like"), COMMANDS),
    "wide": Part(benchmark_commands, ("--set", "wide", "--limit", "700"), COMMANDS),
    "default": Part(benchmark_commands, ("--set", "default"), {"before": "before"}),
    "vae": Part(benchmark_vae, ("--epochs", "12"), RECBOLE),
    "vae_table": Part(benchmark_vae, ("--epochs", "5"), {**RECBOLE, "table": "data"}),
    "attention": Part(benchmark_attention, (), RECTOOLS),
    "attention_table": Part(benchmark_attention, (), {**RECTOOLS, "table": "data"}),
    "baselines": Part(benchmark_baselines, (), {"peers": "python", "before": "before"}),
    "evaluation": Part(benchmark_evaluation, (), {"peers": "lenskit", "before": "before"}),
    "update": Part(benchmark_update, ("model=vae",), {"table": ""}),
}
NEEDED = {"sets": "the data: --sets", "table": "a table of your own: --table"}


def main(argv: Sequence[str] | None = None, page: Path = PAGE) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--folder", type=Path, default=Path("outputs/performance"))
    parser.add_argument("--rounds", type=int, default=1, help="in which the sides take turns")
    parser.add_argument("--again", action="store_true", help="forget the results of these parts")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--sets", help="folder that scripts/scale_data.py has filled")
    parser.add_argument("--table", help="interactions with times, for the parts *_table and update")
    parser.add_argument("--before", help="an older checkout of lrec to compare with")
    parser.add_argument("--recbole", help="python of the environment that has RecBole")
    parser.add_argument("--rectools", help="python of the environment that has RecTools")
    parser.add_argument("--peers", help="python of the environment with implicit and LensKit")
    chosen = parser.parse_args(argv)
    failed = 0
    for name in [] if chosen.render else chosen.only:
        if chosen.again:
            shutil.rmtree(chosen.folder / name, ignore_errors=True)
        try:
            measure(name, chosen)
        except (RuntimeError, ValueError, OSError) as error:
            failed += 1
            print(f"performance: {name}: {error}", file=sys.stderr, flush=True)
        write(page, chosen.folder)
    write(page, chosen.folder)
    return int(failed > 0)


def measure(name: str, chosen: argparse.Namespace) -> None:
    """Run the rounds of a part that its folder does not have yet.

    Raises:
        ValueError: it needs an option that is not given.
        RuntimeError: a side failed.
    """
    part, folder = PARTS[name], chosen.folder.absolute() / name
    words = [*part.words, "--folder", str(folder), "--rounds", str(chosen.rounds)]
    if part.benchmark is benchmark_update:
        words += ["--work", str(folder / "work")]
    for own, theirs in part.options.items():
        value = getattr(chosen, own)
        if value is None and own in NEEDED:
            raise ValueError(f"not measured, for it needs {NEEDED[own]}")
        if value is not None and theirs:
            words += [f"--{theirs}", value]
        elif value is not None:
            words = [value, *words]
    arguments = part.benchmark.parser().parse_args(words)
    sides = part.benchmark.sides(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    order = folder / "sides.txt"
    known = order.read_text().splitlines() if order.exists() else []
    order.write_text("\n".join(dict.fromkeys([*known, *sides])) + "\n")
    rounds.measure(sides, folder, chosen.rounds)


def write(page: Path, folder: Path) -> None:
    """Fill the page with the results of all parts that have any."""
    text = page.read_text()
    for name, part in PARTS.items():
        text = markdown.between(text, name, shown(name, part, folder / name))
    page.write_text(text)


def shown(name: str, part: Part, folder: Path) -> str:
    """The table of a part, and what it was measured on."""
    order = folder / "sides.txt"
    names = order.read_text().splitlines() if order.exists() else []
    results = rounds.read(folder, names)
    if not results:
        return f"Not measured yet: `python scripts/performance.py --only {name} …`"
    stamps = [json.loads(path.read_text()) for path in sorted(folder.glob("*.[0-9]*.json"))]
    counts = {len(kept) for kept in results.values()}
    number = f"{min(counts)} to {max(counts)}" if len(counts) > 1 else str(*counts)
    note = f"Medians of {number} round{'s' * (number != '1')}, {measured(stamps)}."
    return f"{part.benchmark.table(results)}\n\n{note}"


def measured(stamps: Sequence[dict[str, Any]]) -> str:
    """Days, machines and versions; each once."""
    days = sorted({stamp["date"] for stamp in stamps})
    found: dict[str, list[str]] = {}
    for stamp in stamps:
        for key, value in stamp["machine"].items():
            values = found.setdefault(key, [])
            if value not in values:
                values.append(value)
    plain = ("processor", "memory", "system")
    said = [" / ".join(found.pop(key, [])) for key in plain]
    said += [f"{key} {' / '.join(values)}" for key, values in found.items()]
    return f"{' to '.join(dict.fromkeys([days[0], days[-1]]))}; {', '.join(filter(None, said))}"


if __name__ == "__main__":
    sys.exit(main())
