"""Where conf/ is, what a whole config looks like, and the check that every config has to pass."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Union

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lrec.bucket import Bucketing, check_names
from lrec.dataset import Dataset
from lrec.errors import ConfigError
from lrec.metric import Metric, RankingMetric, RatingMetric, SetMetric
from lrec.model import Model
from lrec.schedule.standard import Standard
from lrec.split import Splitter
from lrec.strategy import Strategy
from lrec.tracking import Tracking

PACKAGE = Path(__file__).resolve().parent
CONF = next(path for path in (PACKAGE / "conf", PACKAGE.parent / "conf") if path.is_dir())
# Config groups of single components, and groups of several under one name.
SINGLE = {
    "dataset": Dataset,
    "split": Splitter,
    "model": Model,
    "strategy": Strategy,
    "schedule": Standard,
    "tracking": Tracking,
}
SEVERAL = {"metric": Metric, "bucket": Bucketing}


@dataclass(frozen=True)
class Parts:
    """A whole config, every component built: the root of `conf/config.yaml`.

    Attributes:
        metric, bucket: by name, in the order of the config.
        seed: of initialisation, shuffling and dropout only.
        k: lengths of the recommendation lists.
        monitor: validation metric that training, sweeps and tuning look at.
    """

    dataset: Dataset
    split: Splitter
    model: Model
    strategy: Strategy
    schedule: Standard
    tracking: Tracking
    metric: dict[str, Metric]
    bucket: dict[str, Bucketing]
    seed: int
    k: list[int]
    monitor: str

    def __post_init__(self) -> None:
        if not self.k or min(self.k) < 1 or len(set(self.k)) < len(self.k):
            raise ConfigError(f"k must be different positive list lengths. Received: {self.k}")
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed must lie between 0 and 2**31 - 1. Received: {self.seed}")
        check_names(list(self.bucket.values()))

    @property
    def monitor_sign(self) -> int:
        """1 where a larger monitored value is better, -1 where a smaller one is."""
        name = self.monitor.split("/")[1].rpartition("_at_")[0] or self.monitor.split("/")[1]
        return self.metric[name.removesuffix("_pooled")].direction


@dataclass(frozen=True)
class Record:
    """What has to be kept of a run so that it can be repeated.

    Attributes:
        config: the composed config, as plain values.
        overrides: the command line.
        choices: config group -> chosen file.
        folder: the run's own folder.
    """

    config: dict[str, Any]
    overrides: list[str]
    choices: dict[str, str]
    folder: Path


def monitors(parts: Parts) -> list[str]:
    """Every metric that training can look at: per-user metrics with a direction, by bucket."""
    groups = ["all", "cold", *(name for b in parts.bucket.values() for name in b.names)]
    names = []
    for name, metric in parts.metric.items():
        if isinstance(metric, RankingMetric) and metric.direction:
            names += [f"{name}_at_{k}" for k in parts.k]
        elif isinstance(metric, RatingMetric) and not isinstance(metric, SetMetric):
            names += [name, f"{name}_pooled"]
    return [f"val/{name}/{group}" for name in names for group in groups]


def check(config: DictConfig, choices: dict[str, Any] | None = None, trains: bool = True) -> Parts:
    """Build every component of a composed config; refuse what does not fit, before data is read.

    Args:
        config: composed by Hydra, without its `hydra` node.
        choices: config group -> file chosen, to name the file in errors.
        trains: whether the monitored metric is going to be needed.

    Raises:
        ConfigError: an unknown, missing, mistyped or out-of-range value; one line that names the
            key, its file and the nearest valid name.
    """
    try:
        values = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except OmegaConfBaseException as error:
        raise ConfigError(" ".join(str(error).split())) from None
    assert isinstance(values, dict)
    known = [field.name for field in fields(Parts)]
    _check_keys(values, known, set(known), "", "conf/config.yaml")
    built: dict[str, Any] = {}
    for group, value in values.items():
        group = str(group)
        file = f"conf/{group}/{(choices or {}).get(group) or '*'}.yaml"
        if group in SINGLE:
            built[group] = build(value, group, file, SINGLE[group])
        elif group in SEVERAL:
            if not isinstance(value, dict) or not value:
                raise ConfigError(f"{group} must name at least one. Received: {value!r}")
            built[group] = {
                name: build(node, f"{group}.{name}", f"conf/{group}/{name}.yaml", SEVERAL[group])
                for name, node in value.items()
            }
    hints = typing.get_type_hints(Parts)
    for name in ("seed", "k", "monitor"):
        _check_type(values[name], hints[name], name, "conf/config.yaml")
        built[name] = values[name]
    parts = Parts(**built)
    if trains and parts.monitor not in (known := monitors(parts)):
        raise ConfigError(
            "monitor must be a validation metric that this config computes"
            f"{_nearest(parts.monitor, known)}. Received: {parts.monitor!r} [conf/config.yaml]"
        )
    return parts


def build(node: Any, key: str, file: str, kind: type) -> Any:
    """Check one node against the signature of its `_target_`, and construct it.

    Raises:
        ConfigError: the node does not fit.
    """
    if not isinstance(node, dict) or "_target_" not in node:
        raise ConfigError(
            f"{key} must be chosen from conf/{key.partition('.')[0]}/ or have a _target_. "
            f"Received: {node!r}"
        )
    arguments = {name: value for name, value in node.items() if name != "_target_"}
    target = _target(node["_target_"], f"{key}._target_", file, kind)
    signature = inspect.signature(target)
    hints = typing.get_type_hints(target.__init__)
    required = {n for n, p in signature.parameters.items() if p.default is inspect.Parameter.empty}
    _check_keys(arguments, signature.parameters, required, f"{key}.", file)
    for name, value in arguments.items():
        _check_type(value, hints.get(name, Any), f"{key}.{name}", file)
    try:
        return target(**arguments)
    except ValueError as error:
        raise ConfigError(f"{key}: {error} [{file}]") from None


def _target(path: Any, key: str, file: str, kind: type) -> Any:
    module, _, name = str(path).rpartition(".")
    if not module.startswith("lrec."):
        raise ConfigError(f"{key} must lie in lrec. Received: {path!r} [{file}]")
    try:
        target = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ConfigError(f"{key} does not exist. Received: {path!r} [{file}]") from None
    if not (inspect.isclass(target) and issubclass(target, kind)):
        raise ConfigError(f"{key} is no {kind.__name__}. Received: {path!r} [{file}]")
    return target


def _check_keys(
    values: dict[Any, Any], known: Iterable[str], required: set[str], prefix: str, file: str
) -> None:
    known = list(known)
    for name in values:
        if name not in known:
            raise ConfigError(
                f"{prefix}{name}: no such key{_nearest(str(name), known)}. Valid keys: "
                f"{', '.join(known) or 'none'}. Received: {prefix}{name}={values[name]!r} [{file}]"
            )
    for name in known:
        if values.get(name) == "???" or (name in required and name not in values):
            raise ConfigError(f"{prefix}{name} is needed: set it, {prefix}{name}=… [{file}]")


def _check_type(value: Any, hint: Any, key: str, file: str) -> None:
    if not fits(value, hint):
        raise ConfigError(
            f"{key} must be {_say(hint)}{_nearest_choice(value, hint)}. "
            f"Received: {value!r} ({type(value).__name__}) [{file}]"
        )


def fits(value: Any, hint: Any) -> bool:
    """Whether a YAML value is of an annotated type; an int passes for a float, a bool does not."""
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
        return isinstance(value, dict) and all(fits(v, arguments[1]) for v in value.values())
    if hint is None or hint is types.NoneType:
        return value is None
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float) and value == value
    return isinstance(value, hint)


def _say(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(map(_say, arguments))
    if origin is not None and issubclass(origin, Sequence):
        return f"a list of {_say(arguments[0])}"
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    return names.get(hint, "null" if hint is types.NoneType else str(hint))


def _nearest_choice(value: Any, hint: Any) -> str:
    options = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
    return _nearest(str(value), [str(option) for option in options])


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


def options(group: str) -> list[str]:
    """The files of a config group, by name."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def groups() -> list[str]:
    """The config groups."""
    return sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "hydra")


def explain(error: BaseException, overrides: Sequence[str]) -> str | None:
    """One line for what Hydra refuses to compose, or None where it says it well itself."""
    text = str(error)
    if missing := re.search(r"Could not find '([\w/]+)/([^'/]+)'", text):
        group, name = missing.groups()
        near = _nearest(name, options(group))
        return (
            f"{group}={name}: no such {group}{near}. Available: {', '.join(options(group))} "
            f"[conf/{group}/]"
        )
    if refused := re.search(r"Could not override '([^']+)'", text):
        key = refused.group(1).lstrip("+~")
        root = [field.name for field in fields(Parts)]
        if key == "experiment":
            return f"experiment: presets are added, +experiment=NAME: {', '.join(options(key))}"
        if "." not in key:
            near = _nearest(key, [*root, *groups()])
            return f"{key}: no such key{near}. Valid keys: {', '.join(root)} [conf/config.yaml]"
        return _explain_key(overrides)
    return None


def _explain_key(overrides: Sequence[str]) -> str | None:
    """Compose again with the unknown keys let in, and let the check say what is wrong."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()
    forced = [re.sub(r"^(?=[\w]+\.[\w.]+=)", "++", override) for override in overrides]
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            check(compose("config", overrides=forced))
    except ConfigError as error:
        return str(error)
    except Exception:  # the first explanation has to do
        return None
    return None
