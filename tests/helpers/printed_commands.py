"""Commands that lrec prints for people to paste, and the check that they can be run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from helpers.composing import checked, composed
from lrec.cli.quoting import quoted
from lrec.cli.table import COMMANDS, config_name
from lrec.commands.composing import LOCATION, key_of, own_keys
from lrec.commands.runs.of_run import refuse_fixed
from lrec.commands.runs.selection import SelectionSettings
from lrec.commands.runs.sweep_composition import candidate_overrides, refuse_training_keys

LABEL = re.compile(r"(?:next[^:]*|go on|if it is interrupted): ")


def printed_commands(text: str) -> list[list[str]]:
    """The commands of lrec that a command has printed, behind a label and aligned below it."""
    found, start = [], None
    for line in text.splitlines():
        if label := LABEL.match(line):
            start = len(label[0])
        elif start is None or line[:start].strip():
            start = None
            continue
        if line[start:].startswith("lrec "):
            found.append(shlex.split(line[start:]))
    return found


def check_command(words: Sequence[str]) -> None:
    """Refuse a command whose config lrec would refuse; the runs and files it names may be gone.

    Raises:
        Exception: as the command line would.
    """
    _, name, *given = words
    if any(word.startswith("plugins=") for word in given):
        return  # this process has no such plugin
    command, overrides = COMMANDS[name], [quoted(word) for word in given]
    root, _ = command.load()
    own, keys = own_keys(root), [key_of(word) for word in overrides]
    stored = {"resume", *(LOCATION if {"run", "runs"} & {*keys} else ())}  # about another config
    values = [word for word in overrides if key_of(word) not in stored]
    config = composed(*values, root=config_name(name))
    if command.free is not None:
        assert "run" in keys, words
        free = command.free
        refuse_fixed(overrides, name, lambda key: key not in (*own, *free), free)
    if issubclass(root, SelectionSettings):
        shared = [word for word in overrides if key_of(word) not in own]
        if not config.candidates:
            refuse_training_keys(shared)
        for candidate in config.candidates:
            checked(composed(*shared, *candidate_overrides(candidate)))
    checked(config, root=root, trains=name in ("train", "tune"))
