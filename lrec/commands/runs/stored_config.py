"""Configs of runs as they are stored: plain values, judged as such, for they may be a stranger's.

lrec stores configs resolved. An interpolation in one could read the environment, and a quoted
escape hides it from a look at the text alone. They end in a comment with the digest of all before
it, so that no damage is taken for other settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lrec.base.config import plugins
from lrec.base.config.schema import targets_of

LONGEST, DEEPEST = 1_000_000, 20  # letters and levels of a config; lrec's own have 10,000 and 5
SEAL = "# sha256: "
# Keys that runs of older lrecs lack, and what they did.
LATER = {"validate_users": None, "catalogue": "training"}
PLAIN = {str, int, float, bool, type(None)}


def stored_text(values: Mapping[str, Any]) -> str:
    """A config as `read_stored_config` reads it."""
    text = OmegaConf.to_yaml(dict(values))
    return f"{text}{_seal(text)}\n"


def read_stored_config(path: Path, run: str) -> DictConfig:
    """The config of a run from its file.

    Raises:
        RuntimeError: lrec did not write it, or an older lrec did.
        ConfigError: it names classes of a plugin that the command does not name.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_changed(text)
        _refuse_expanding(text)
        config = OmegaConf.create(text)
        values = OmegaConf.to_container(config, resolve=False)
    except (ValueError, TypeError, yaml.YAMLError, OmegaConfBaseException) as error:
        why = " ".join(str(error).split())[:200]
        raise RuntimeError(
            f"the config of run {run}, {path.name}, cannot be read: {why}."
        ) from None
    leaves = list(_leaves(values))
    if any(isinstance(leaf, str) and "${" in leaf for leaf in leaves):
        raise RuntimeError(f"the config of run {run} holds an interpolation: lrec stores none.")
    if not isinstance(config, DictConfig) or not PLAIN.issuperset(map(type, leaves)):
        raise RuntimeError(f"the config of run {run} is not of keys and plain values.")
    targets = targets_of(values)
    plugins.refuse_unnamed(targets, f"the config of run {run}")
    if not all(_exists(target) for target in targets):
        raise RuntimeError(f"run {run} was made by an older lrec: train it again.")
    return OmegaConf.merge(LATER, config)  # type: ignore[return-value]


def _seal(text: str) -> str:
    return f"{SEAL}{hashlib.sha256(text.encode()).hexdigest()}"


def _refuse_changed(text: str) -> None:
    """Refuse what is not the text that was written; that of an older lrec has no digest.

    Raises:
        ValueError: it was changed or is damaged.
    """
    before, newline, last = text.removesuffix("\n").rpartition("\n")
    sealed = last.startswith("#") or SEAL[2:] in last  # one bit does not hide both
    if sealed and last != _seal(before + newline):
        raise ValueError("it is damaged, or was changed after the run wrote it")


def _refuse_expanding(text: str) -> None:
    """Refuse what takes far more memory than its text, before it does.

    Raises:
        ValueError: it is long, deep, or has an alias, of which a few stand for billions of nodes.
    """
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} letters")
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"it has an alias, *{event.anchor}, and lrec writes none")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise ValueError(f"it is deeper than {DEEPEST} levels")


def _leaves(node: Any) -> Iterator[Any]:
    """Every key and every plain value."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    else:
        yield node


def _exists(target: str) -> bool:
    """False for a module of lrec's that is not there; others are the config check's to refuse."""
    module = target.rpartition(".")[0]
    try:
        return not module.startswith("lrec.") or find_spec(module) is not None
    except ModuleNotFoundError:
        return False
