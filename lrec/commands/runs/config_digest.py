"""Digest of a config: of all that decides a run's numbers, beside its interactions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrec.base.config.code_digest import plugin_digest
from lrec.base.config.schema import targets_of
from lrec.base.files import digest_of_file, digest_of_values
from lrec.commands.composing import LOCATION

PLACES = [key.partition(".")[2] for key in LOCATION]
READ = ("path", "encoder")  # keys of features and bucketings that name what they read


def config_digest(config: Mapping[str, Any], seeded: bool = True, items: Path | None = None) -> str:
    """Hex digest of all that decides a run's numbers: not where it runs, or where it is logged.

    Nor where its data lies. Interactions have a digest of their own; tables of items and of users,
    vectors and encoders count by their content.

    Args:
        seeded: False if the seed does not change the run.
        items: the data set's table of items, if it has one.
    """
    without = ("tracking", "strategy") if seeded else ("tracking", "strategy", "seed")
    decisive = {k: v for k, v in config.items() if k not in without}
    if decisive.get("validate_users") is None:  # as before there was such a key
        decisive.pop("validate_users", None)
    if decisive.get("catalogue") == "training":
        decisive.pop("catalogue")
    if isinstance(data := config.get("dataset"), dict):
        decisive["dataset"] = {k: v for k, v in data.items() if k not in PLACES or v is None}
    if items is not None and items.is_file():
        decisive["items"] = digest_of_file(items)
    if (code := plugin_digest(targets_of(decisive))) is not None:  # a plugin's changes often
        decisive["plugins"] = code
    for group in ("bucket", "feature"):
        if isinstance(nodes := config.get(group), dict):
            decisive[group] = {name: _with_content(node) for name, node in nodes.items()}
    decisive["precision"] = (config.get("strategy") or {}).get("precision")
    return digest_of_values(decisive)[:32]


def _with_content(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node with the digest of what it reads in the place of each path."""
    return {key: _content(value) if key in READ else value for key, value in node.items()}


def _content(value: object) -> object:
    """The digest of a file, or of the files of a folder; what is neither stays as it is."""
    if not isinstance(value, str) or not value:
        return value
    path = Path(value).expanduser()
    if path.is_file():
        return digest_of_file(path)
    if not path.is_dir():
        return value
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return digest_of_values([(str(f.relative_to(path)), digest_of_file(f)) for f in files])
