"""The tables of docs/leaderboard.md, from finished runs of an MLflow store.

    python scripts/leaderboard.py            # the store and experiment that lrec uses here
    python scripts/leaderboard.py --data Beauty=5c8a1f8a --experiment lrec

A table for each data set and split, a row for each model and its settings with the runs of all its
seeds. Values by bucket have the 95 % interval of the bootstrap over users.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shlex
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from benchmarking import markdown
from benchmarking.processes import HERE

from lrec import __version__
from lrec.commands.compare.table import bucket_orders
from lrec.commands.compare.user_tables import user_table
from lrec.commands.next_commands import origin_of
from lrec.commands.runs.model_identity import name, settings, split_settings
from lrec.evaluation.bucket import ALL, COLD
from lrec.evaluation.comparison.user_alignment import ModelTables
from lrec.evaluation.statistics import bootstrap, interval
from lrec.evaluation.user_table import rows_by_group
from lrec.tracking import SavedRun, finished

PAGE = HERE / "docs" / "leaderboard.md"
METRIC = "ndcg_at_10"
RESAMPLES = 2000
ASIDE = ("dataset", "seed", "tracking", "hydra", "strategy")  # overrides that name no model


def main(argv: Sequence[str] | None = None, page: Path = PAGE) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--experiment", default="lrec")
    parser.add_argument("--where", default="", help="a filter in MLflow's search language")
    parser.add_argument(
        "--data", nargs="*", default=[], help="NAME=DIGEST: names of data sets, by their digests"
    )
    chosen = parser.parse_args(argv)
    names = dict(reversed(pair.split("=", 1)) for pair in chosen.data)
    tables: dict[tuple[str, str], list[SavedRun]] = defaultdict(list)
    for run in finished(chosen.experiment, chosen.where):
        enters = run.has_lists or (run.trained and run.tags.get("lrec.for") != "tune")
        if enters and "test_items/all" in run.metrics:
            tables[title_of(run, names)].append(run)
    parts = [f"lrec {__version__}, {datetime.date.today():%Y-%m-%d}."]
    for (data, split), runs in sorted(tables.items()):
        parts += [f"## {data}, `{split}`", table(runs)]
    page.write_text(markdown.between(page.read_text(), "leaderboard", "\n\n".join(parts)))


def title_of(run: SavedRun, names: dict[str, str]) -> tuple[str, str]:
    """Data set and split of a run."""
    named = [label for digest, label in names.items() if run.digest.startswith(digest)]
    data = named[0] if named else f"{run.data} ({run.digest[:8]})"
    return data, " ".join(f"{key}={value}" for key, value in split_settings(run).items())


def table(runs: Sequence[SavedRun]) -> str:
    """Rows of models by their value for the least active users, the best first; then commands."""
    by_settings: dict[object, dict[int, SavedRun]] = defaultdict(dict)
    for run in runs:  # newest first
        by_settings[settings(run)].setdefault(run.seed, run)
    rows = [row(list(seeds.values())) for seeds in by_settings.values()]
    groups = [bucket for bucket in rows[0].values if bucket != ALL]
    first = groups[0] if groups else ALL
    rows.sort(key=lambda one: -one.values[first][0])
    costs = ["training", "test", "CPUs", "parameters", "memory"]
    lines, commands = [], []
    for number, one in enumerate(rows, 1):
        shown = [value_with_interval(one.values.get(bucket)) for bucket in [*groups, ALL]]
        lines.append([str(number), one.label, one.seeds, *shown, *one.costs])
        commands.append(f"{number}. `{shlex.join(with_rows(one.words, rows))}`")
    return "\n\n".join(
        [
            "ndcg@10:",
            markdown.table(["", "model", "seeds", *groups, ALL, *costs], lines),
            "The commands, where `RUN_2` is the run of the second:",
            "\n".join(commands),
        ]
    )


Values = dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Row:
    """A model with the runs of its seeds.

    Attributes:
        ids: of the runs.
        costs: cells of seconds, CPUs, parameters and memory.
        values: of the metric, by bucket.
        words: of the command that made the first run.
    """

    ids: list[str]
    label: str
    seeds: str
    costs: list[str]
    values: Values
    words: list[str]


def row(runs: Sequence[SavedRun]) -> Row:
    """The runs of one model."""
    some, tags = runs[0], [run.tags for run in runs]
    label = some.params.get("experiment") or name(some)
    if some.tags.get("lrec.simple") == "True":
        label = f"*{label}*"
    costs = [
        markdown.seconds(mean_of(tags, "lrec.fit_seconds")),
        markdown.seconds(mean_of(tags, "lrec.test_seconds")),
        some.tags.get("lrec.cpus", "–"),
        "–" if (n := mean_of(tags, "lrec.parameters")) is None else f"{n:,.0f}",
        "–" if (size := mean_of(tags, "lrec.peak_memory_gb")) is None else f"{size:.1f} GB",
    ]
    seeds = str(len(runs)) if some.seeded else "any"
    words = [word for word in origin_of(some.tags) or [] if not is_aside(word)]
    return Row([run.id for run in runs], label, seeds, costs, values_of(runs), words)


def with_rows(words: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """A command with the numbers of rows for the ids of their runs, which no other store knows.

    An id may be given by its first letters.
    """

    def row_of(found: re.Match[str]) -> str:
        for number, one in enumerate(rows, 1):
            if any(run_id.startswith(found[1]) for run_id in one.ids):
                return f"RUN_{number}"
        return found[0]

    return [re.sub(r"(?<=[\[,=])'?([0-9a-f]{4,32})'?(?=[],]|$)", row_of, word) for word in words]


def is_aside(word: str) -> bool:
    key = word.lstrip("+").partition("=")[0]
    return key.partition(".")[0] in ASIDE and "=" in word and key != "strategy.precision"


def mean_of(tags: Sequence[dict[str, str]], key: str) -> float | None:
    """The mean of a tag that is a number; None where a run has none."""
    values = [one[key] for one in tags if key in one]
    return statistics.mean(map(float, values)) if len(values) == len(tags) else None


def values_of(runs: Sequence[SavedRun]) -> Values:
    """Mean, low and high of the metric by bucket: of users, whose values are means over seeds."""
    tables = [user_table(run).set_index("user") for run in runs]
    users = tables[0].index
    values = np.mean([one.loc[users, METRIC].to_numpy(float) for one in tables], axis=0)
    orders = bucket_orders([ModelTables("", tables, 0)]).values()
    found = {}
    for bucket, rows in rows_by_group(tables[0], [ALL, *chain(*orders), COLD]).items():
        low, high = interval(bootstrap(values[rows][:, None], RESAMPLES))
        found[bucket] = (float(np.nanmean(values[rows])), float(low[0]), float(high[0]))
    return found


def value_with_interval(value: tuple[float, float, float] | None) -> str:
    if value is None:
        return "–"
    mean, low, high = (f"{number:.4f}".replace("0.", ".") for number in value)
    return f"{mean} ({low}–{high})"


if __name__ == "__main__":
    main()
