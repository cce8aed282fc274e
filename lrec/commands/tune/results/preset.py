"""The winner as a preset: a file of `conf/experiment/` that trains it again."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from lrec.base.config import plugins
from lrec.base.config.conf import CONF, search_folders
from lrec.base.errors import ConfigError
from lrec.base.files import write_text
from lrec.commands.composing import Composer, own_keys
from lrec.commands.tune.settings import TuneSettings

HEAD = "# @package _global_"
STUDY = "# study: "  # in the head: whose file it is
WIDTH = 100
ELSEWHERE = ("tracking",)  # groups that say where a run is logged


def refuse_foreign(path: Path, study: str, fresh: bool) -> None:
    """Refuse to overwrite a file that another study wrote, or a person.

    Args:
        fresh: True to overwrite it all the same.

    Raises:
        ConfigError: it is one, or cannot be a preset's file.
    """
    if path.is_dir():
        raise ConfigError(f"to must be a file. Received: to={path}, which is a folder")
    if not path.exists() or fresh:
        return
    if f"{STUDY}{study}" not in path.read_text(encoding="utf-8", errors="replace").splitlines():
        raise ConfigError(
            f"to={path} is there already, and not of this study: name another file, remove it, or "
            "overwrite it by fresh=true, which begins a new study."
        )


def write(path: Path, text: str) -> None:
    """Write a preset, and the folder that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def preset_text(
    composer: Composer, overrides: Sequence[str], study: str, lines: Sequence[str]
) -> str:
    """A preset that composes to the same config as overrides, but for where runs are logged.

    Args:
        overrides: of the winner, all of them.
        study: that found it.
        lines: paragraphs of the head.
    """
    choices, values = difference_to_default(composer, overrides)
    head = [HEAD]
    for line in lines:
        indented = line.startswith(" ")  # a command, which stays whole
        head += [line] if indented else textwrap.wrap(line, WIDTH - 2, break_long_words=False)
    head = [HEAD, *(f"# {line}".rstrip() for line in head[1:]), f"{STUDY}{study}"]
    defaults = [{f"override /{group}": choice} for group, choice in choices.items()]
    content: dict[str, Any] = {"defaults": defaults, **values}
    body: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=WIDTH)
    return "\n".join(head) + "\n" + body


def difference_to_default(
    composer: Composer, overrides: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Choices of files, and values, that make a config of the default one.

    A preset among the overrides is taken apart, so that a file of today does not change with it.
    """
    own = own_keys(TuneSettings)
    values, chosen = composer.plain(overrides, own)
    model = {"model": chosen["model"]}
    _, usual = composer.plain(_words(model), own)
    aside = (*ELSEWHERE, "experiment", "model")
    choices: dict[str, Any] = dict(model)
    for group in {**usual, **chosen}:
        if group not in aside and chosen.get(group) != usual.get(group):
            choices[group] = chosen.get(group, list(values[group]))  # a list has no file
    base, _ = composer.plain(_words(choices), own)
    kept = {key: value for key, value in values.items() if key not in ELSEWHERE}
    return choices, differing(kept, base)


def differing(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The nested values that another config lacks, or has others of.

    >>> differing({"a": 1, "b": {"c": 2, "d": [3]}}, {"a": 1, "b": {"c": 0, "d": [3]}})
    {'b': {'c': 2}}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        other = base.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            if inner := differing(value, other):
                found[key] = inner
        elif key not in base or value != other:
            found[key] = value
    return found


def use(path: Path) -> str:
    """The command that trains a preset, by where it lies; empty where Hydra would not find it."""
    if path.parent.name != "experiment":
        return ""
    folder = path.parent.parent
    own = [word for word in plugins.words() if not word.startswith("--config-dir")]
    known = folder.resolve() in search_folders() and (own or folder.resolve() == CONF.resolve())
    own = own if known else [f"--config-dir={folder}", *own]
    return shlex.join(["lrec", "train", *own, f"+experiment={path.stem}"])


def _words(choices: Mapping[str, Any]) -> list[str]:
    return [
        f"{group}=[{','.join(choice)}]" if isinstance(choice, list) else f"{group}={choice}"
        for group, choice in choices.items()
    ]
