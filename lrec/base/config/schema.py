"""Checks of plain YAML values against a signature, with one line for those that do not fit."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Union

from lrec.base.config.component import Component
from lrec.base.errors import ConfigError, listed, nearest, shown


def check_keys(
    values: dict[Any, Any], known: Iterable[str], required: set[str], prefix: str, file: str
) -> None:
    """Refuse keys that are unknown, missing, or left at `???`.

    Raises:
        ConfigError: naming the key, its file and the nearest valid name.
    """
    known = list(known)
    for name in values:
        if name not in known:
            key = listed([f"{prefix}{name}"])
            raise ConfigError(
                f"{key}: no such key{nearest(str(name), known)}. Valid keys: "
                f"{', '.join(known) or 'none'}. Received: {key}={shown(values[name])} [{file}]"
            )
    for name in known:
        if values.get(name) == "???" or (name in required and name not in values):
            raise ConfigError(f"{prefix}{name} is needed: set it, {prefix}{name}=… [{file}]")


def check_type(value: Any, hint: Any, key: str, file: str) -> None:
    """Refuse a value of another type than annotated.

    Raises:
        ConfigError: naming the key, its file, what is expected and what was received.
    """
    if not fits(value, hint):
        raise ConfigError(
            f"{key} must be {_say(hint)}{_near_choice(value, hint)}. "
            f"Received: {shown(value)} ({type(value).__name__}) [{file}]"
        )


def fits(value: Any, hint: Any) -> bool:
    """True if a YAML value is of an annotated type; an int passes for a float, a bool does not.

    No number needs more than 64 bits.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return any(value == choice and type(value) is type(choice) for choice in arguments)
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in arguments)
    if origin is not None and issubclass(origin, Sequence):
        return isinstance(value, list | tuple) and all(fits(v, arguments[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(k, arguments[0]) and fits(v, arguments[1]) for k, v in value.items()
        )
    if hint is None or hint is types.NoneType:
        return value is None
    if isinstance(value, bool):
        return hint is bool
    if isinstance(value, int) and abs(value) >= 2**63:
        return False
    if hint is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return not is_component(hint) and isinstance(value, hint)


def _say(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(map(_say, arguments))
    if origin is not None and issubclass(origin, Sequence):
        return f"a list of {_say(arguments[0])}"
    if origin is dict:
        return f"a mapping {{name: {_say(arguments[1])}}}"
    if is_component(hint):
        return "a component with a _target_"
    names = {int: "a whole number", float: "a finite number", str: "text", bool: "true or false"}
    return names.get(hint, "null" if hint is types.NoneType else str(hint))


def is_component(hint: Any) -> bool:
    """True for a class of lrec's own, or of a plugin's components: no plain YAML value is of it."""
    return isinstance(hint, type) and (
        hint.__module__.startswith("lrec.") or issubclass(hint, Component)
    )


def _near_choice(value: Any, hint: Any) -> str:
    options = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
    return nearest(str(value), [str(option) for option in options])


def targets_of(node: Any) -> list[str]:
    """Every `_target_` in plain values and in the values below them."""
    if isinstance(node, list):
        return [target for inner in node for target in targets_of(inner)]
    if not isinstance(node, dict):
        return []
    own = [str(node["_target_"])] if "_target_" in node else []
    return [*own, *(target for inner in node.values() for target in targets_of(inner))]
