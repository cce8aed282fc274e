"""All metrics of two checkouts, compared to the last digit.

    git worktree add --detach ../before COMMIT
    python scripts/same_numbers.py --before ../before
    python scripts/same_numbers.py --before ../before --models vae attention --data \
        default movietweetings/ratings.csv.gz beauty/interactions.csv.gz

Trains every model on every data set in both checkouts, one run after the other, and compares what
`metrics.json` says of the model and its references. Every value that differs, or that one side
lacks, is a line; the exit status is 1 if there is one, and 2 if a run failed. `default` is the data
that lrec ships, split as by default; tables are split leave-one-out. Finished runs stay in --folder
by commit, and are not done again where the checkout has no other changes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarking.processes import HERE, of_checkout, revision, run

MODELS = ("popularity", "itemknn", "rp3beta", "ease", "ials")
DEFAULT = "default"
Metrics = dict[str, float]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=HERE, help="a checkout; by default this one")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--data", nargs="+", default=[DEFAULT], help="default, or tables")
    parser.add_argument("--overrides", nargs="+", default=[], help="of every run: seed=2 …")
    parser.add_argument("--limit", type=float, default=math.inf, help="seconds a run")
    parser.add_argument("--folder", type=Path, default=Path("outputs/same_numbers"))
    arguments = parser.parse_args(argv)
    checkouts = [arguments.before, arguments.after]
    differing = failed = 0
    for data in arguments.data:
        for model in arguments.models:
            words = [f"model={model}", *data_words(data), *arguments.overrides]
            try:
                sides = [metrics(one, words, arguments) for one in checkouts]
            except RuntimeError as error:
                failed += 1
                print(f"{model} on {data}: {error}", flush=True)
                continue
            lines = list(differences(*sides))
            differing += len(lines)
            told = f"{len(lines)} of {len(sides[0].keys() | sides[1].keys())} values differ"
            print("\n  ".join([f"{model} on {data}: {told}", *lines]), flush=True)
    return 2 if failed else int(differing > 0)


def data_words(data: str) -> list[str]:
    """Overrides that choose the data."""
    if data == DEFAULT:
        return []
    path = Path(data).resolve(strict=True)
    return ["dataset=csv", f"dataset.path={path}", "split=leave_one_out"]


def metrics(checkout: Path, words: Sequence[str], arguments: argparse.Namespace) -> Metrics:
    """The metrics of a run, by row and name, of a finished one if the code is still its own.

    Raises:
        RuntimeError: the run failed.
    """
    code = revision(checkout)
    side = arguments.folder.absolute() / code
    name = " ".join(words).replace("/", "_").replace("dataset=csv dataset.path=", "")
    path = side / name / "metrics.json"
    if not path.exists() or "+" in code:
        path.unlink(missing_ok=True)
        environment = of_checkout(checkout) | {"LREC_CACHE": str(side / "cache")}
        side.mkdir(parents=True, exist_ok=True)
        # Hydra takes a quoted value as it stands.
        place = [f"hydra.run.dir='{path.parent}'", "tracking.log_model=false"]
        command = [sys.executable, "-P", "-m", "lrec", "train", *words, *place]
        done = run(command, side, environment, arguments.limit)
        if done.code:
            told = f"not done in {arguments.limit:g} s" if done.late else done.complaint
            raise RuntimeError(f"{checkout} failed ({done.code}): {told}")
    rows = json.loads(path.read_text())
    return {
        f"{row} {name}": value for row, values in rows.items() for name, value in values.items()
    }


def differences(before: Metrics, after: Metrics) -> Iterator[str]:
    """A line for each value that is not the same on both sides."""
    for name in dict.fromkeys((*before, *after)):
        values = before.get(name), after.get(name)
        if values[0] is None or values[1] is None:
            yield f"{name}: {values[0]} → {values[1]}"
        elif values[0] != values[1] and not (math.isnan(values[0]) and math.isnan(values[1])):
            yield f"{name}: {values[0]!r} → {values[1]!r} ({values[1] - values[0]:+.1e})"


if __name__ == "__main__":
    sys.exit(main())
