"""The contract of a component's YAML file: its keys are the arguments of its class."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any, get_type_hints

from omegaconf import DictConfig, OmegaConf


def files_of(path: Path) -> list[Path]:
    """The file, after the bases that its defaults name: files of keys that several share."""
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig)
    defaults = config.get("defaults") or []
    bases = [str(name).partition("@")[0] for name in defaults if str(name).startswith("base/")]
    return [*(path.parent / f"{base}.yaml" for base in bases), path]


def keys_of(path: Path) -> dict[str, Any]:
    """The file's own keys, without Hydra's defaults."""
    node = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    assert isinstance(node, dict)
    return {str(key): value for key, value in node.items() if key != "defaults"}


def node_of(path: Path) -> dict[str, Any]:
    """The file's keys, laid over those of its bases, as Hydra composes them."""
    return {key: value for file in files_of(path) for key, value in keys_of(file).items()}


def target_of(path: Path) -> Any:
    """The class that a file names."""
    target = node_of(path).get("_target_")
    assert target, f"{path} names no class: _target_: PACKAGE.MODULE.CLASS is needed"
    module, _, name = str(target).rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise AssertionError(f"{path}: _target_ {target} cannot be imported: {error}") from None


def assert_keys_are_arguments(path: Path) -> None:
    """The keys are the constructor's arguments, in its order and with its defaults.

    An argument without a default is `???`; a component as an argument has a file of its own.
    """
    node, target = node_of(path), target_of(path)
    del node["_target_"]
    parameters = inspect.signature(target).parameters
    constructor = f"the constructor of {target.__name__}"
    defaults = {
        name: "???"
        if p.default is p.empty
        else list(p.default)
        if type(p.default) is tuple
        else p.default
        for name, p in parameters.items()
    }
    problems = [
        f"{name} is missing, an argument of {constructor}: {name}: {_yaml(default)}"
        for name, default in defaults.items()
        if name not in node
    ]
    problems += [f"{name} is no argument of {constructor}" for name in node.keys() - parameters]
    problems += [
        f"{name} is {_yaml(node[name])}, and {_yaml(default)} in {constructor}"
        for name, default in defaults.items()
        if name in node and not isinstance(node[name], dict) and node[name] != default
    ]
    if not problems and list(node) != list(parameters):
        problems = [f"the keys are in another order than in {constructor}: {', '.join(parameters)}"]
    assert not problems, f"{path}: {'; '.join(problems)}"


def _yaml(value: Any) -> str:
    """A value as a YAML file has it, in one line."""
    return "???" if value == "???" else json.dumps(value, default=str)


def assert_arguments_are_annotated(target: Any) -> None:
    """Every argument of the constructor has a type, which the config check reads."""
    bare = inspect.signature(target).parameters.keys() - get_type_hints(target.__init__).keys()
    assert not bare, f"{target.__name__}: arguments without a type: {', '.join(sorted(bare))}"


def assert_keys_are_commented(path: Path, variant: bool = False) -> None:
    """The file has a comment, and so has every key, where it stands.

    Args:
        variant: True for a file that builds on another, whose keys are explained there.
    """
    for file in files_of(path):
        text = file.read_text()
        assert re.search(r"^# (?!@)\S", text, re.M), f"{file}: the file has no comment of its own"
        keys = [] if variant else keys_of(file).keys() - {"_target_", "hydra"}
        bare = [key for key in keys if not re.search(rf"^{key}:( .*\S)? # \S", text, re.M)]
        assert not bare, f"{file}: keys without a comment behind them: {', '.join(sorted(bare))}"
