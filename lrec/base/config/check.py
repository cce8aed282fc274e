"""The check that every config has to pass: build its components, or say in one line why not."""

from __future__ import annotations

import importlib
import inspect
import traceback
import typing
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from lrec.base.config import plugins
from lrec.base.config.class_checks import (
    refuse_incomplete,
    refuse_open_arguments,
    refuse_other_name,
    refuse_unfit_class,
)
from lrec.base.config.code_digest import refuse_changed
from lrec.base.config.conf import file_of, options, shown_file
from lrec.base.config.environment import decode_environment, unresolved
from lrec.base.config.schema import check_keys, check_type, is_component
from lrec.base.errors import ConfigError, nearest, one_line, shown


class Settings(Protocol):
    """A dataclass with a field for each key of a whole config.

    A field annotated by a component's class is a config group with one choice, one annotated
    `dict[str, component's class]` a group with several.

    Attributes:
        file: that holds the keys.
    """

    file: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


AnySettings = TypeVar("AnySettings", bound=Settings)


def check(
    config: DictConfig, root: type[AnySettings], choices: Mapping[str, Any] | None = None
) -> AnySettings:
    """Build every component of a composed config; refuse what does not fit, before data is read.

    Args:
        config: composed by Hydra, without its `hydra` node.
        root: the whole config's dataclass.
        choices: config group -> file chosen, to name the file in errors.

    Raises:
        ConfigError: an unknown, missing, mistyped or out-of-range value; one line that names the
            key, its file and the nearest valid name.
    """
    hints = typing.get_type_hints(root)
    try:
        decode_environment(config, hints, _class_or_none)
        values = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except InterpolationResolutionError as error:
        raise ConfigError(unresolved(error)) from None
    except OmegaConfBaseException as error:
        raise ConfigError(" ".join(str(error).split())) from None
    assert isinstance(values, dict)
    single, several = component_groups(root)
    # groups are there before anything is chosen, or after `~model`
    values = {
        key: value for key, value in values.items() if value or key not in {*single, *several}
    }
    known = [field.name for field in fields(root)]
    check_keys(values, known, set(known), "", root.file)
    built: dict[str, Any] = {}
    for group, value in values.items():
        group = str(group)
        file = shown_file(group, (choices or {}).get(group) or "*")
        if group in single:
            built[group] = build(value, group, file, single[group], single)
            refuse_other_name(built[group], group, (choices or {}).get(group) or "")
        elif group in several:
            if not isinstance(value, dict):
                raise ConfigError(f"{group} must name at least one. Received: {shown(value)}")
            built[group] = {
                name: build(node, f"{group}.{name}", shown_file(group, name), several[group])
                for name, node in value.items()
            }
            for name, component in built[group].items():
                refuse_other_name(component, group, name)
        else:
            check_type(value, hints[group], group, root.file)
            built[group] = value
    return root(**built)


def component_groups(root: type[Settings]) -> tuple[dict[str, type], dict[str, type]]:
    """Config groups of one choice and of several, each with the class of its components."""
    single, several = {}, {}
    for name, hint in typing.get_type_hints(root).items():
        arguments = typing.get_args(hint)
        if is_component(hint):
            single[name] = hint
        elif typing.get_origin(hint) is dict and is_component(arguments[1]):
            several[name] = arguments[1]
    return single, several


def build(
    node: Any, key: str, file: str, kind: type, groups: Mapping[str, type] | None = None
) -> Any:
    """Check one node against the signature of its `_target_`, and construct it.

    Args:
        kind: the class that `_target_` has to be of.
        groups: config group -> class, for arguments that are annotated by a protocol and named
            after a group.

    Raises:
        ConfigError: the node does not fit, or the class lacks what its bases ask for.
    """
    if not isinstance(node, dict) or "_target_" not in node:
        raise ConfigError(
            f"{key} must be chosen from conf/{key.partition('.')[0]}/ or have a _target_. "
            f"Received: {shown(node)} [{file}]"
        )
    arguments = {name: value for name, value in node.items() if name != "_target_"}
    target = target_class(node["_target_"], f"{key}._target_", file, kind)
    plugins.use(str(node["_target_"]).partition(".")[0])
    refuse_open_arguments(target, key, file)
    signature = inspect.signature(target)
    hints = typing.get_type_hints(target.__init__)
    required = {n for n, p in signature.parameters.items() if p.default is inspect.Parameter.empty}
    check_keys(arguments, signature.parameters, required, f"{key}.", file)
    for name, value in arguments.items():
        hint = hints.get(name, Any)
        nested = isinstance(value, dict) and "_target_" in value and isinstance(hint, type)
        if nested:  # a component of a component
            protocol = getattr(hint, "_is_protocol", False)
            inner = (groups or {}).get(name, object) if protocol else hint
            arguments[name] = build(value, f"{key}.{name}", file, inner, groups)
        else:
            check_type(value, hint, f"{key}.{name}", file)
    refuse_unfit_class(target, kind, key, file)
    try:
        built = target(**arguments)
    except ValueError as error:
        raise ConfigError(f"{key}: {error} [{file}]") from None
    refuse_incomplete(built, key, file)
    return built


def target_class(path: Any, key: str, file: str, kind: type) -> Any:
    """The class that a `_target_` names.

    Raises:
        ConfigError: it lies outside lrec and its plugins, does not exist, or is of another kind.
    """
    module, _, name = str(path).rpartition(".")
    package = module.partition(".")[0]
    if not (module and plugins.may_be_imported(package)):
        hint = f", plugins=[{package}] if you trust it" if package.isidentifier() else ""
        raise ConfigError(
            f"{key} must lie in lrec or in a plugin that the command names{hint}. "
            f"Received: {shown(path)} [{file}]"
        )
    if package != "lrec":
        refuse_changed(package)
    try:
        target = getattr(importlib.import_module(module), name, None)
    except Exception as error:  # of a plugin's code, which runs here
        target = None
        if not (isinstance(error, ImportError) and f"{module}.".startswith(f"{error.name}.")):
            raise ConfigError(
                f"{key} cannot be imported, {one_line(error)}{_place(error)}. "
                f"Received: {shown(path)} [{file}]"
            ) from error
    if target is None:
        raise ConfigError(f"{key} does not exist. Received: {shown(path)} [{file}]")
    if not (inspect.isclass(target) and issubclass(target, kind)):
        raise ConfigError(f"{key} is no {kind.__name__}. Received: {shown(path)} [{file}]")
    return target


def _place(error: Exception) -> str:
    """File and line that raised an error on import; that of a syntax error says so itself."""
    file, line, *_ = traceback.extract_tb(error.__traceback__)[-1]
    return "" if isinstance(error, SyntaxError) else f" ({Path(file).name}:{line})"


def _class_or_none(path: Any) -> type | None:
    """The class that a `_target_` names, None where there is none: then the check says so."""
    try:
        return cast(type, target_class(path, "", "", object))
    except ConfigError:
        return None


def component_class(group: str, name: str) -> Any:
    """The class that a file of a config group names.

    Raises:
        ConfigError: there is no such file, or no such class.
    """
    file = file_of(group, name)
    if file is None:
        near = nearest(name, options(group))
        raise ConfigError(f"there is no {group} {name}{near}; one of a plugin needs plugins=[…].")
    node = OmegaConf.load(file)
    if not isinstance(node, DictConfig) or "_target_" not in node:
        raise ConfigError(f"{group}={name} names no class: {file} needs a line _target_: …")
    return target_class(node["_target_"], f"{group}._target_", shown_file(group, name), object)
