"""Help of a command: its config files as they are, for every key has its comment there."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from lrec.base.config.conf import CONF, file_of, groups, options
from lrec.base.errors import ConfigError, nearest
from lrec.cli.table import COMMANDS, config_name


def command_help(command: str, words: list[str]) -> str:
    """The files that a command is composed of; those of the groups alone that `words` choose.

    Raises:
        ConfigError: a word chooses a file that does not exist.
    """
    chosen = [(group.lstrip("+"), names) for group, sign, names in map(_parts, words) if sign]
    files = [file for group, names in chosen if group in groups() for file in _files(group, names)]
    if files:
        return "\n\n".join(_shown(file) for file in files)
    roots = dict.fromkeys([CONF / f"{config_name(command)}.yaml", CONF / "config.yaml"])
    defaults = [item for root in roots for item in _defaults(root) if isinstance(item, DictConfig)]
    pairs = [(str(group), str(name)) for item in defaults for group, name in item.items()]
    files = [file for group, name in pairs if group in groups() for file in _files(group, name)]
    return "\n\n".join(
        [
            f"lrec {command}: {COMMANDS[command].summary}\n  {COMMANDS[command].example}",
            "\n".join(f"{group}: {', '.join(options(group))}" for group in groups()),
            *(_shown(file) for file in dict.fromkeys([*roots, *files])),
            f"One file of another choice: lrec {command} --help model=ease. What is composed: "
            f"lrec {command} --cfg job. Hydra's flags: --hydra-help.",
        ]
    )


def _parts(word: str) -> tuple[str, str, str]:
    return word.partition("=")


def _files(group: str, names: str) -> list[Path]:
    """The files of names joined by commas, each before those that it is based on."""
    files = []
    for name in names.strip("[]").split(","):
        file = file_of(group, name)
        if file is None:
            near = nearest(name, options(group))
            raise ConfigError(f"{group}={name}: no such {group}{near} [conf/{group}/]")
        bases = [file_of(group, str(base).partition("@")[0]) for base in _defaults(file)]
        files += [file, *(base for base in bases if base is not None)]
    return files


def _defaults(file: Path) -> list[object]:
    """The defaults list of a file."""
    node = OmegaConf.load(file)
    return list(node.get("defaults") or []) if isinstance(node, DictConfig) else []


def _shown(file: Path) -> str:
    """A file under its name, without the lines for Hydra alone."""
    lines = file.read_text(encoding="utf-8").rstrip().splitlines()
    kept, skipping = [], False
    for line in lines:
        skipping = line in ("defaults:", "hydra:") or (skipping and line[:1] in (" ", ""))
        if not skipping and not line.startswith(("# @package", "_target_:")):
            kept.append(line)
    name = f"conf/{file.relative_to(CONF)}" if file.is_relative_to(CONF) else str(file)
    return "\n".join([name, *(f"  {line}".rstrip() for line in kept)])
