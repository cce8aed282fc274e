"""Refusals of a component's class that lacks, or alters, what its bases ask for."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from lrec.base.config.conf import CONF, file_of
from lrec.base.errors import ConfigError

Parameter = inspect.Parameter
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
OPEN = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


def refuse_open_arguments(target: type, key: str, file: str) -> None:
    """Refuse a constructor whose settings have no names, `**kw`.

    Raises:
        ConfigError: naming the class and the argument.
    """
    for name, parameter in inspect.signature(target).parameters.items():
        if parameter.kind in OPEN:
            raise ConfigError(
                f"{key}: a component's constructor takes named settings only, each with a type: "
                f"name them in place of {OPEN[parameter.kind]}{name}. Received: {_path(target)} "
                f"[{file}]"
            )


def refuse_unfit_class(target: type, kind: type, key: str, file: str) -> None:
    """Refuse a class without a method that a base asks for, or with other parameters of one.

    Args:
        kind: of the component.

    Raises:
        ConfigError: naming the class, the method and the base.
    """
    if methods := sorted(getattr(target, "__abstractmethods__", ())):
        raise ConfigError(
            f"{key}: class {target.__name__} lacks {', '.join(methods)}, which every "
            f"{kind.__name__} of its base defines. Received: {_path(target)} [{file}]"
        )
    for base in target.__mro__:
        either = vars(base).get("one_of", ())
        if either and all(getattr(target, name) is vars(base)[name] for name in either):
            raise ConfigError(
                f"{key}: class {target.__name__} defines neither {' nor '.join(either)}, and "
                f"{base.__name__} asks for one of them. Received: {_path(target)} [{file}]"
            )
    if target.__module__.partition(".")[0] != "lrec":  # mypy has looked at lrec's own
        _refuse_other_parameters(target, key, file)


def refuse_incomplete(built: Any, key: str, file: str) -> None:
    """Refuse a component without an attribute that one of its bases asks for.

    Raises:
        ConfigError: naming the class, the attribute and the base.
    """
    own = type(built)
    for base in reversed(own.__mro__):
        for name in vars(base).get("required", ()):
            if not hasattr(built, name):
                value = repr(Path(file).stem) if name == "name" else "…"
                raise ConfigError(
                    f"{key}: class {own.__name__} has no attribute {name}, which {base.__name__} "
                    f"asks for: set {name} = {value} in the class, or self.{name} in its "
                    f"constructor. Received: {_path(own)} [{file}]"
                )


def refuse_other_name(built: Any, group: str, choice: str) -> None:
    """Refuse a component of another name than its file of a plugin, by which runs are found again.

    Args:
        choice: of the config group; a class that takes the place of lrec's own has lrec's file.

    Raises:
        ConfigError: naming the class, its name and the file.
    """
    path, name = file_of(group, choice), getattr(built, "name", choice)
    if path is not None and not path.is_relative_to(CONF) and name != choice:
        own = type(built)
        raise ConfigError(
            f"{group}: a component has the name of its YAML file: set name = {choice!r} in class "
            f"{own.__name__}, or rename the files. Received: name = {name!r} in {_path(own)} "
            f"[{path}]"
        )


def _refuse_other_parameters(target: type, key: str, file: str) -> None:
    """Refuse a method that cannot be called as the base's of that name is, by position.

    Raises:
        ConfigError: naming the method and the parameters that it has to take.
    """
    for name, own in inspect.getmembers_static(target, inspect.isfunction):
        base = next(kind for kind in reversed(target.__mro__) if name in vars(kind))
        asked = vars(base)[name]
        if name == "__init__" or base is target or not inspect.isfunction(asked):
            continue
        parameters = inspect.signature(asked).parameters.values()
        given = [p.name for p in parameters if p.kind in POSITIONAL and p.default is p.empty]
        try:
            inspect.signature(own).bind(*given)
        except TypeError:
            taken = ", ".join(map(str, inspect.signature(own).parameters))
            raise ConfigError(
                f"{key}: {name} of class {target.__name__} must take ({', '.join(given)}), as that "
                f"of {base.__name__} does. Received: ({taken}) in {_path(target)} [{file}]"
            ) from None


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
