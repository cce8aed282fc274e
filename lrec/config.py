"""Where conf/ is, what a whole config looks like, and the check that every config has to pass."""

from __future__ import annotations

import importlib
import inspect
import typing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lrec.augment import Augmenter
from lrec.bucket import Bucketing, check_names, group_names
from lrec.dataset import Dataset
from lrec.errors import ConfigError, nearest, shown
from lrec.feature import Feature
from lrec.metric import Metric, RankingMetric, RatingMetric, SetMetric
from lrec.model import Model
from lrec.schedule.standard import Standard
from lrec.schema import check_keys, check_type
from lrec.split import Splitter
from lrec.strategy import Strategy
from lrec.tracking import Tracking

PACKAGE = Path(__file__).resolve().parent
CONF = next(path for path in (PACKAGE / "conf", PACKAGE.parent / "conf") if path.is_dir())
# Config groups of single components, and groups of several under one name.
SINGLE = {
    "dataset": Dataset,
    "split": Splitter,
    "augment": Augmenter,
    "model": Model,
    "strategy": Strategy,
    "schedule": Standard,
    "tracking": Tracking,
}
OTHERS = ("hydra", "search")  # folders of conf/ that are no groups of a run's config
SEVERAL = {"feature": Feature, "metric": Metric, "bucket": Bucketing}


@dataclass(frozen=True)
class Parts:
    """A whole config, every component built: the root of `conf/config.yaml`.

    Attributes:
        feature, metric, bucket: by name, in the order of the config.
        seed: of initialisation, shuffling and dropout only.
        k: lengths of the recommendation lists.
        monitor: validation metric that training, sweeps and tuning look at.
    """

    dataset: Dataset
    split: Splitter
    feature: dict[str, Feature]
    augment: Augmenter
    model: Model
    strategy: Strategy
    schedule: Standard
    tracking: Tracking
    metric: dict[str, Metric]
    bucket: dict[str, Bucketing]
    seed: int
    k: list[int]
    monitor: str

    file: ClassVar[str] = "conf/config.yaml"

    def __post_init__(self) -> None:
        if not self.k or min(self.k) < 1 or len(set(self.k)) < len(self.k):
            raise ConfigError(f"k must be different positive list lengths. Received: {self.k}")
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed must lie between 0 and 2**31 - 1. Received: {self.seed}")
        try:
            check_names(list(self.bucket.values()))
        except ValueError as error:
            raise ConfigError(f"bucket: {error} [conf/bucket/]") from None

    @property
    def monitor_sign(self) -> int:
        """1 where a larger monitored value is better, -1 where a smaller one is."""
        name = self.monitor.split("/")[1].rpartition("_at_")[0] or self.monitor.split("/")[1]
        return self.metric[name.removesuffix("_pooled")].direction


class Whole(Protocol):
    """A dataclass with a field for each key of a whole config.

    Attributes:
        file: that holds the keys.
    """

    file: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


Root = TypeVar("Root", bound=Whole)


@dataclass(frozen=True)
class Record:
    """What has to be kept of a run so that it can be repeated.

    Attributes:
        config: the composed config, as plain values.
        overrides: the command line.
        choices: config group -> chosen file.
        folder: the run's own folder.
        resumed: whether a run that was killed there goes on.
    """

    config: dict[str, Any]
    overrides: list[str]
    choices: dict[str, str]
    folder: Path
    resumed: bool = False


def monitors(parts: Parts) -> list[str]:
    """Every metric that training can look at: per-user metrics with a direction, by bucket."""
    groups = group_names(parts.bucket.values())
    names = []
    for name, metric in parts.metric.items():
        if isinstance(metric, RankingMetric) and metric.direction:
            names += [f"{name}_at_{k}" for k in parts.k]
        elif isinstance(metric, RatingMetric) and not isinstance(metric, SetMetric):
            names += [name, f"{name}_pooled"]
    return [f"val/{name}/{group}" for name in names for group in groups]


def check(
    config: DictConfig,
    choices: dict[str, Any] | None = None,
    trains: bool = True,
    root: type[Root] = Parts,  # type: ignore[assignment]
) -> Root:
    """Build every component of a composed config; refuse what does not fit, before data is read.

    Args:
        config: composed by Hydra, without its `hydra` node.
        choices: config group -> file chosen, to name the file in errors.
        trains: whether the monitored metric is going to be needed.
        root: what the whole config looks like, a field for each key.

    Raises:
        ConfigError: an unknown, missing, mistyped or out-of-range value; one line that names the
            key, its file and the nearest valid name.
    """
    try:
        values = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except OmegaConfBaseException as error:
        raise ConfigError(" ".join(str(error).split())) from None
    assert isinstance(values, dict)
    hints = typing.get_type_hints(root)
    known = [field.name for field in fields(root)]
    check_keys(values, known, set(known), "", root.file)
    built: dict[str, Any] = {}
    for group, value in values.items():
        group = str(group)
        file = f"conf/{group}/{(choices or {}).get(group) or '*'}.yaml"
        if group in SINGLE:
            built[group] = build(value, group, file, SINGLE[group])
        elif group in SEVERAL:
            if not isinstance(value, dict) or not value:
                raise ConfigError(f"{group} must name at least one. Received: {shown(value)}")
            built[group] = {
                name: build(node, f"{group}.{name}", f"conf/{group}/{name}.yaml", SEVERAL[group])
                for name, node in value.items()
            }
        else:
            check_type(value, hints[group], group, root.file)
            built[group] = value
    parts = root(**built)
    if trains and isinstance(parts, Parts) and parts.monitor not in (known := monitors(parts)):
        raise ConfigError(
            "monitor must be a validation metric that this config computes"
            f"{nearest(parts.monitor, known)}. Received: {shown(parts.monitor)} [conf/config.yaml]"
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
            f"Received: {shown(node)}"
        )
    arguments = {name: value for name, value in node.items() if name != "_target_"}
    target = _target(node["_target_"], f"{key}._target_", file, kind)
    signature = inspect.signature(target)
    hints = typing.get_type_hints(target.__init__)
    required = {n for n, p in signature.parameters.items() if p.default is inspect.Parameter.empty}
    check_keys(arguments, signature.parameters, required, f"{key}.", file)
    for name, value in arguments.items():
        hint = hints.get(name, Any)
        nested = isinstance(value, dict) and "_target_" in value and isinstance(hint, type)
        if nested:  # a component of a component
            inner = SINGLE.get(name, object) if getattr(hint, "_is_protocol", False) else hint
            arguments[name] = build(value, f"{key}.{name}", file, inner)
        else:
            check_type(value, hint, f"{key}.{name}", file)
    try:
        return target(**arguments)
    except ValueError as error:
        raise ConfigError(f"{key}: {error} [{file}]") from None


def _target(path: Any, key: str, file: str, kind: type) -> Any:
    module, _, name = str(path).rpartition(".")
    if not module.startswith("lrec."):
        raise ConfigError(f"{key} must lie in lrec. Received: {shown(path)} [{file}]")
    try:
        target = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ConfigError(f"{key} does not exist. Received: {shown(path)} [{file}]") from None
    if not (inspect.isclass(target) and issubclass(target, kind)):
        raise ConfigError(f"{key} is no {kind.__name__}. Received: {shown(path)} [{file}]")
    return target


def component(group: str, name: str) -> Any:
    """The class that a file of a config group names.

    Raises:
        ConfigError: there is no such file, or no such class.
    """
    file = CONF / group / f"{name}.yaml"
    if not file.is_file():
        raise ConfigError(f"there is no {group} {name}{nearest(name, options(group))}.")
    node = OmegaConf.load(file)
    assert isinstance(node, DictConfig)
    return _target(node["_target_"], f"{group}._target_", f"conf/{group}/{name}.yaml", object)


def options(group: str) -> list[str]:
    """The files of a config group, by name."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def groups() -> list[str]:
    """The config groups."""
    return sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name not in OTHERS)
