"""Settings that serve every kind of data: chosen on all data sets but one, in turns.

    python scripts/record_trials.py --models ease rules --data "A=dataset=…" "B=…" "C=…"
    python scripts/choose_defaults.py --models rules --reference ease

Reads the tables of scripts/record_trials.py, in which a model has the same settings on every data
set. Settings are chosen by their mean gain over the best value of the reference, all on validation
parts, on all data sets but one; shown is their gain on that one, beside that of the model as it is
and of the best settings there. The last line of a model chooses on all sets: its defaults.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from benchmarking import markdown
from benchmarking.trial_table import TrialTable

from lrec.base.arrays import Floats
from lrec.commands.tune.search_space import overrides_of

HEADS = ("model", "settings", "chosen without", "mean gain of the chosen", "gain there", "as it is",
         "best there")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("outputs/trials"))
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--reference", default="ease", help="the model that others gain over")
    chosen = parser.parse_args(argv)
    known = {
        one.head["data"]: np.nanmax(finals(one)) for one in of(chosen.folder, chosen.reference)
    }
    rows: list[list[str]] = []
    for model in chosen.models:
        found = [table for table in of(chosen.folder, model) if table.head["data"] in known]
        if len(found) < 2:
            print(
                f"choose_defaults.py: {chosen.folder} has {len(found)} data sets with tables of "
                f"{model} and {chosen.reference}, and two are needed",
                file=sys.stderr,
            )
            return 1
        rows += choices(found, np.array([known[table.head["data"]] for table in found]))
    print(markdown.table(HEADS, rows, left=3))
    return 0


def of(folder: Path, model: str) -> list[TrialTable]:
    """The tables of a model, a data set each."""
    return [TrialTable.read(path) for path in sorted(folder.glob(f"*.{model}.jsonl"))]


def finals(table: TrialTable) -> Floats:
    """The best validation value of each of the table's settings; NaN where a run failed."""
    curves = [trial.curve.get(table.monitored) or [np.nan] for trial in table.drawn]
    return np.array([np.max(curve) for curve in curves])


def choices(found: Sequence[TrialTable], reference: Floats) -> Iterator[list[str]]:
    """A row for each data set that is left out, and one for all.

    Args:
        reference: `(n_sets,)` values that gains are relative to.

    Raises:
        SystemExit: the tables have different settings.
    """
    n = min(len(table.drawn) for table in found)
    settings = [overrides_of(trial.params) for trial in found[0].drawn[:n]]
    for table in found[1:]:
        if [overrides_of(trial.params) for trial in table.drawn[:n]] != settings:
            raise SystemExit(f"choose_defaults.py: {table.path} has settings of its own")
    gains = np.array([finals(table)[:n] for table in found]) / reference[:, None] - 1
    for left_out, table in [*enumerate(found), (None, None)]:
        rest = gains if left_out is None else np.delete(gains, left_out, axis=0)
        means = np.nan_to_num(rest.mean(axis=0), nan=-np.inf)
        best = int(means.argmax())
        row = [found[0].head["model"], " ".join(settings[best]) if best else "as it is"]
        if table is None:
            yield [*row, "none", percent(means[best]), "–", percent(means[0]), "–"]
        else:
            own = gains[left_out]
            shown = (means[best], own[best], own[0], np.nanmax(own))
            yield [*row, table.head["data"], *map(percent, shown)]


def percent(value: float) -> str:
    """A gain.

    >>> percent(-0.0312)
    '−3.1 %'
    """
    return f"{100 * value:+.1f} %".replace("-", "−")


if __name__ == "__main__":
    sys.exit(main())
