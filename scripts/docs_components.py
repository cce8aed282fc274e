"""docs/components.md: every group and option of conf/, each by the first sentence of its YAML.

python scripts/docs_components.py            # writes docs/components.md
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from omegaconf import OmegaConf

from lrec.base.config.conf import CONF

PAGE = Path(__file__).resolve().parents[1] / "docs" / "components.md"
OPENING = """\
# Components

Every group of the configuration and every option in it. This page is generated from the first
sentence of each YAML file in `conf/` by `scripts/docs_components.py`; the files themselves document
every key. `lrec train --help` shows the choices and those comments, `lrec train --help
model=attention` the ones of a model, `lrec train model=attention --cfg job` shows
all keys with their values.
"""
# By group, in the order in which data flows.
ABOUT = {
    "dataset": """\
Interactions of users with items ([public data sets](datasets.md), [your own](data.md)).""",
    "split": "The training, validation and test part of the data.",
    "feature": """\
Item vectors for `dense`, `vae`, `attention` and `bert4rec`, and, with `catalogue=all`, for every
model to score [items that nobody has touched](cold_items.md) by. Several may be combined:
`feature=[genres,titles]`.""",
    "augment": "Pseudo-interactions for users with short histories, in training only.",
    "model": """\
Recommenders: a map from histories to scores over the catalogue. `attention` has a choice of
[blocks](sequence_models.md).""",
    "schedule": """\
Optimizer, learning rate, epochs and early stopping on `monitor`. A model trained by gradient
brings its own; the command line overrides it.""",
    "strategy": """\
The devices that train ([scaling](scaling.md)): precision, XLA, threads, determinism.""",
    "metric": """\
Measures of ranked lists, or of predicted ratings. Several may be combined:
`metric=[recall,ndcg]`.""",
    "bucket": """\
Groups of users by their training history, or [by an attribute](groups.md). Several may be combined:
`bucket=[activity,counts]`; gaps and the worst bucket are those of the first.""",
    "tracking": "The MLflow experiment, pseudonyms, and whether the model is logged.",
    "experiment": """\
Presets with their command and expected figures: `lrec train +experiment=vae_beauty …`.""",
    "search": "The values that `lrec tune` draws from, by model.",
    "hydra/launcher": "Launchers of sweeps (`-m`), each with an optional dependency.",
    "hydra/callbacks": "lrec's part in Hydra's sweeps; always on.",
}
SENTENCE = re.compile(r"(?<!et al)\.(?=\s|$)")


def opening(path: Path) -> str:
    """The first sentence of a YAML file's first comment, without its full stop."""
    words = []
    for line in path.read_text().splitlines():
        if line.startswith("# @package"):
            continue
        if not line.startswith("# ") or line.startswith("#  "):
            break
        words.append(line[2:])
    return SENTENCE.split(" ".join(words))[0].strip()


def options() -> list[Path]:
    """Every YAML file that can be chosen: all in folders of conf/, but what others build on."""
    return [path for path in CONF.rglob("*/*.yaml") if path.parent.name != "base"]


def groups_with_files() -> list[str]:
    """Every folder of conf/ that has options, by its path there."""
    return sorted({path.parent.relative_to(CONF).as_posix() for path in options()})


def defaults() -> dict[str, str]:
    """Config group -> the option chosen unless the command line names another."""
    chosen: dict[str, str] = {}
    for entry in OmegaConf.load(CONF / "config.yaml").defaults:
        if not isinstance(entry, str):
            chosen |= {
                str(key).removeprefix("override "): str(value) for key, value in entry.items()
            }
    return chosen


def page() -> Iterator[str]:
    """The page, part by part.

    Raises:
        KeyError: a group of conf/ has no description here.
    """
    yield OPENING
    chosen = defaults()
    for group in sorted(groups_with_files(), key=list(ABOUT).index):
        yield f"\n## `{group}`\n\n{ABOUT[group]}\n\n| option | |\n|---|---|\n"
        for path in sorted((CONF / group).glob("*.yaml")):
            mark = " (default)" if chosen.get(group) == path.stem else ""
            yield f"| `{path.stem}`{mark} | {opening(path)} |\n"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", nargs="?", type=Path, default=PAGE)
    parser.parse_args(argv).page.write_text("".join(page()))


if __name__ == "__main__":
    main()
