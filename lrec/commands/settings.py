"""The settings of a run: its whole config, every component built."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

from omegaconf import OmegaConf

from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError, nearest, shown
from lrec.data.dataset import Dataset, FileDataset
from lrec.data.feature import Feature, TableFeature
from lrec.data.split import Splitter
from lrec.evaluation.bucket import ALL, Bucketing, HistoryBucketing, check_names, group_names
from lrec.evaluation.metric import Metric, RankingMetric, RatingMetric, SetMetric, metric_of
from lrec.model import Model
from lrec.tracking import Tracking
from lrec.training.augment import Augmenter
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy import TrainingStrategy

# The standard metrics that are shown; the others are in `metrics.json` and in MLflow.
USUAL = ("recall", "ndcg", "hit", "mse", "user_coverage", "item_coverage", "novelty")


@dataclass(frozen=True)
class Monitor:
    """The validation metric that training, sweeps and tuning look at.

    Attributes:
        name: `val/<metric>/<group>`.
        sign: 1 where a larger value is better, -1 where a smaller one is.
        by_group: names of the metric for every group of users.
    """

    name: str
    sign: int
    by_group: list[str]

    @property
    def per_user(self) -> str:
        """The metric's column in user tables, which hold no pooled errors."""
        return self.name.split("/")[1].removesuffix("_pooled")

    def value(self, metrics: Mapping[str, float]) -> float:
        """The monitored value, signed so that more is better; NaN where there is none."""
        return self.sign * metrics.get(self.name, math.nan)


@dataclass(frozen=True)
class RunSettings:
    """The root of `conf/config.yaml`.

    Attributes:
        feature, metric, bucket: by name, in the order of the config.
        seed: of initialisation, shuffling and dropout only.
        k: lengths of the recommendation lists.
        monitor: validation metric that training, sweeps and tuning look at.
        validate_users: size of the fixed sample of validation users that are ranked; None for all.
        catalogue: the items that can be recommended: those of the `training` data, or `all` that
            have a row in the items file.
    """

    dataset: Dataset
    split: Splitter
    feature: dict[str, Feature]
    augment: Augmenter
    model: Model
    strategy: TrainingStrategy
    schedule: Trainer
    tracking: Tracking
    metric: dict[str, Metric]
    bucket: dict[str, Bucketing]
    seed: int
    k: list[int]
    monitor: str
    validate_users: int | None
    catalogue: Literal["training", "all"]

    file: ClassVar[str] = "conf/config.yaml"

    def __post_init__(self) -> None:
        if not self.k or min(self.k) < 1 or len(set(self.k)) < len(self.k):
            raise ConfigError(f"k must be different positive list lengths. Received: {self.k}")
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed must lie between 0 and 2**31 - 1. Received: {self.seed}")
        if self.validate_users is not None and self.validate_users < 1:
            raise ConfigError(
                "validate_users must be 1 or more, or null for all. "
                f"Received: {self.validate_users} [conf/config.yaml]"
            )
        if self.catalogue == "all":
            if not isinstance(self.dataset, FileDataset):
                raise ConfigError(
                    "catalogue=all takes the items of a table of items, which "
                    f"dataset={self.dataset.name} does not have: leave catalogue=training, or use "
                    "dataset=csv with dataset.items_path. [conf/config.yaml]"
                )
            self.dataset.catalogue = self.catalogue
        items = self.dataset.items_file()
        for feature in self.feature.values():
            if isinstance(feature, TableFeature) and items is not None:
                feature.of_data(str(items))
        try:
            check_names([b for b in self.bucket.values() if isinstance(b, HistoryBucketing)])
        except ValueError as error:
            raise ConfigError(f"bucket: {error} [conf/bucket/]") from None

    @property
    def seeded(self) -> bool:
        """False if runs with different seeds would be the same run."""
        return self.model.seeded or self.augment.seeded

    @property
    def missing_switches(self) -> list[str]:
        """Keys that would have to be true for the trained model to be kept; none where it is."""
        wanted = {
            "tracking.log_model": self.tracking.log_model,
            "tracking.keep_histories": self.tracking.keep_histories
            or not self.model.contains_histories,
        }
        return [key for key, given in wanted.items() if not given]

    @property
    def groups(self) -> list[str]:
        """Every group of users that metrics are given for: `all`, each bucket, `cold`."""
        return group_names(self.bucket.values())

    @property
    def displayed(self) -> list[str]:
        """The metrics of tables and figures: all that were chosen; of `standard`, the usual."""
        standard = {str(name) for name in OmegaConf.load(CONF / "metric" / "standard.yaml")}
        chosen = list(self.metric)
        if not standard <= set(chosen):
            return chosen
        return [*USUAL, *(name for name in chosen if name not in standard)]

    @property
    def monitors(self) -> list[str]:
        """Every metric that training can look at: per-user metrics with a direction, by group."""
        return self._monitors(self.groups)

    def _monitors(self, groups: Sequence[str]) -> list[str]:
        names = []
        for name, metric in self.metric.items():
            if isinstance(metric, RankingMetric) and metric.direction:
                names += [f"{name}_at_{k}" for k in self.k]
            elif isinstance(metric, RatingMetric) and not isinstance(metric, SetMetric):
                names += [name, f"{name}_pooled"]
        return [f"val/{name}/{group}" for name in names for group in groups]

    @property
    def monitor_sign(self) -> int:
        """1 where a larger monitored value is better, -1 where a smaller one is."""
        return self.sign_of(self.monitor)

    def sign_of(self, name: str) -> int:
        """The same of any validation metric, `val/<column>/<bucket>`."""
        return self.metric[metric_of(name.split("/")[1])].direction

    @property
    def monitored(self) -> Monitor:
        """The monitored metric, of the monitored group and of every other."""
        name = self.monitor.rpartition("/")[0]
        by_group = [f"{name}/{group}" for group in self.groups]
        return Monitor(self.monitor, self.monitor_sign, by_group)

    def check_monitor(self) -> None:
        """Refuse a monitored metric that this config does not compute.

        Raises:
            ConfigError: naming the nearest one that it does.
        """
        if self.monitor in self._monitors([ALL]):  # which needs no table of users
            return
        if self.monitor not in (known := self.monitors):
            if self.monitor.startswith("val/sampled_"):
                raise ConfigError(
                    "monitor must be a metric of the full ranking: sampled ones may put models in "
                    "another order, so nothing is decided by them. "
                    f"Received: {shown(self.monitor)} [conf/config.yaml]"
                )
            raise ConfigError(
                "monitor must be a validation metric that this config computes"
                f"{nearest(self.monitor, known)}. Received: {shown(self.monitor)} "
                "[conf/config.yaml]"
            )


AnyRunSettings = TypeVar("AnyRunSettings", bound=RunSettings)
