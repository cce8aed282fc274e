"""Evaluation of a saved run's model without training, or of lists of any other make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from omegaconf import DictConfig, OmegaConf

from lrec.base.config.check import check
from lrec.base.errors import ConfigError
from lrec.commands import loading
from lrec.commands.catalogue_lines import cold_items_line
from lrec.commands.composing import Invocation, location_of
from lrec.commands.data_lines import data_lines
from lrec.commands.evaluate.list_run import run_lists
from lrec.commands.next_commands import with_model
from lrec.commands.runs.saved import is_data_of, load_config, load_model, split_of
from lrec.commands.settings import RunSettings
from lrec.commands.train import kept_references
from lrec.commands.train.experiment import show_groups
from lrec.commands.train.run_logging import RunContext, log_result, published_table
from lrec.data.alignment import align, refuse_leakage
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.negative_sampling import By, Negatives
from lrec.evaluation.references import with_references
from lrec.evaluation.sampled_ranking import PREFIX, SampledRanking, can_be_sampled
from lrec.model import Model
from lrec.reporting.terminal import Screen, show_warnings

# Keys of the run's own config that may differ from it.
FREE = ("dataset", "split", "strategy", "metric", "bucket", "tracking", "k")


@dataclass(frozen=True)
class EvaluateSettings(RunSettings):
    """The root of `conf/evaluate.yaml`: the run's own config, and what is to differ.

    Attributes:
        run: MLflow id of the run; None for lists and ratings.
        lists, ratings: files that something else has made; None for a run.
        name: of what made them, or None for the name of the file.
        sampled_negatives: items that each target is ranked among too; None for the catalogue only.
        sampled_by: they are drawn by.
        sampled_seed: of their draw.
    """

    run: str | None
    lists: str | None
    ratings: str | None
    name: str | None
    sampled_negatives: int | None
    sampled_by: By
    sampled_seed: int

    file: ClassVar[str] = "conf/evaluate.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        files = [key for key in ("lists", "ratings") if getattr(self, key) is not None]
        if files and (self.run is not None or self.sampled_negatives is not None):
            raise ConfigError(
                "lists and ratings are evaluated by themselves, without run and sampled_negatives. "
                f"Received: {', '.join(files)}, run={self.run}, "
                f"sampled_negatives={self.sampled_negatives}"
            )
        if self.name is not None and not files:
            raise ConfigError(
                f"name is of what made lists or ratings, and none are given. Received: {self.name}"
            )
        if self.sampled_negatives is not None and self.sampled_negatives < 1:
            raise ConfigError(
                "sampled_negatives must be 1 or more, or null for the full ranking only. "
                f"Received: {self.sampled_negatives}"
            )
        if not 0 <= self.sampled_seed < 2**31:
            raise ConfigError(
                f"sampled_seed must lie between 0 and 2**31 - 1. Received: {self.sampled_seed}"
            )

    @property
    def displayed(self) -> list[str]:
        """The metrics of tables, each with its sampled counterpart behind it."""
        names = super().displayed
        if self.sampled_negatives is None:
            return names
        pairs = ([n, f"{PREFIX}{n}"] if can_be_sampled(self.metric[n]) else [n] for n in names)
        return [name for pair in pairs for name in pair]

    @property
    def sampling(self) -> dict[str, int | str]:
        """The draw of negatives, as it is logged; empty without one."""
        if self.sampled_negatives is None:
            return {}
        return {
            "sampled_negatives": self.sampled_negatives,
            "sampled_by": self.sampled_by,
            "sampled_seed": self.sampled_seed,
        }


def run(settings: EvaluateSettings, invocation: Invocation) -> None:
    """Evaluate the run's model again, or lists, and log a run."""
    if settings.run is None:
        run_lists(settings, settings, invocation)
        return
    evaluate_run(settings, settings.run, invocation)


def evaluate_run(settings: EvaluateSettings, run_id: str, invocation: Invocation) -> None:
    """Evaluate a run's model again, and log a child run."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    data = settings.dataset.load()  # first: TensorFlow takes seconds to import
    settings.strategy.start_for(settings.model.uses_tensorflow())
    model = load_model(run_id)
    tags = {"lrec.command": "evaluate", "lrec.evaluates": run_id}
    with settings.tracking.run(f"evaluate-{model.name}", tags, invocation.folder, run_id) as log:
        free = {key: value for key, value in config.values.items() if key in FREE}
        log.params({**free, **settings.sampling})
        split = split_to_evaluate(settings, run_id, config.values, data, model)
        evaluator = kept_references.evaluator(split, settings, data)
        buckets = evaluator.buckets["test"]
        source = {"dataset": str(config.values["dataset"])}
        log.dataset(settings.dataset.name, data.digest, source)
        for line in data_lines(data, split, buckets):
            screen.line(line)
        ranker = evaluator.ranker(model)
        result = evaluator.test(ranker)
        references = kept_references.references(evaluator, settings, config.values, data)
        if settings.sampled_negatives is not None and len(split.test):
            sampled = SampledRanking(
                evaluator,
                Negatives(
                    split.catalogue,
                    settings.sampled_negatives,
                    settings.sampled_by,
                    settings.sampled_seed,
                ),
            )
            result = sampled.extend(result, ranker)
            references = sampled.extend_references(references, result)
        rows = with_references(model.name, result.values, references)
        keep_ids = settings.tracking.keep_user_ids
        users = published_table(result.table, split, data.digest, keep_ids)
        context = RunContext(log, config)
        log_result(context, result, rows, references, users, buckets, settings)
    screen.metrics(rows, settings.groups, settings.k, settings.displayed)
    show_groups(screen, result, rows, settings)
    n_items = split.catalogue.n_items
    if line := cold_items_line(result.values, max(settings.k), n_items):
        screen.line(line)
    if settings.sampled_negatives is not None:
        screen.line(sampled_line(settings))
    screen.note(log.location)
    moved = location_of(config) if is_data_of(data, run_id) else None
    screen.commands("next", *with_model(run_id, location=moved))


def sampled_line(settings: EvaluateSettings) -> str:
    """A line on what sampled metrics are, and what they are not for."""
    return (
        f"{PREFIX}…: each target among {settings.sampled_negatives} items that its user never had "
        f"(sampled_by={settings.sampled_by}). To be held against papers that do so, and nothing "
        "else: models may stand in another order than in the full ranking, which decides"
    )


def split_to_evaluate(
    settings: EvaluateSettings,
    run_id: str,
    config: dict[str, Any],
    data: Interactions,
    model: Model,
) -> Split:
    """The split whose test part is evaluated, in the codes of the model's catalogue.

    Args:
        run_id: of the model.
        config: of this command.
        data: that this command names.

    Raises:
        DataError: the run's data has changed since, so that it is unknown what the model was
            trained on, or a test target was in its training data.
    """
    stored: DictConfig = load_config(run_id)
    own = OmegaConf.to_container(stored)
    assert isinstance(own, dict)
    there = all(config[group] == own[group] for group in ("dataset", "split"))
    moved = config["split"] == own["split"] and is_data_of(data, run_id)
    if there or moved:
        return split_of(settings, model, run_id, data)
    trained = split_of(check(stored, RunSettings), model, run_id)
    return refuse_leakage(align(loading.split(settings, data), trained.catalogue), trained)
