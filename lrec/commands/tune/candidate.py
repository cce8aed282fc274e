"""A candidate of `lrec tune`: the configs of its trials, and its study."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError
from lrec.base.files import digest_of_values
from lrec.commands.composing import Composer, Invocation, Job, own_keys
from lrec.commands.loading import load_data, split
from lrec.commands.runs.config_digest import config_digest
from lrec.commands.runs.find_or_train import data_digest
from lrec.commands.runs.sweep_composition import candidate_overrides, training_overrides
from lrec.commands.settings import RunSettings
from lrec.commands.tune.sampling import Pruner
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.settings import TuneSettings, of_training
from lrec.commands.tune.storage import open_storage
from lrec.commands.tune.study import Search, Study, StudyTrial
from lrec.commands.tune.trials.space_check import refuse_bad_space
from lrec.commands.tune.warm_start import MODEL, warm_start

GRACE = 3  # epochs, by default
TASK = "task"  # attribute of a study: digest of data, settings and search space


@dataclass(frozen=True)
class Candidate:
    """A model, a preset or a list of overrides, with all that its trials share.

    Attributes:
        name: as it was given.
        overrides: of every trial.
        job: the candidate as it is.
        space: of its model.
    """

    name: str
    overrides: Sequence[str]
    job: Job
    space: SearchSpace
    composer: Composer

    def job_of(self, trial: StudyTrial) -> Job:
        """The config of a trial.

        Raises:
            ConfigError: the drawn values do not go together.
        """
        return self.compose(trial.overrides, trial.folder)

    def compose(self, drawn: Sequence[str], folder: Path | None = None) -> Job:
        """The candidate's config with drawn settings.

        Args:
            folder: of the run; None for the candidate's, where nothing is to be trained.

        Raises:
            ConfigError: they do not go together.
        """
        own, folder = own_keys(TuneSettings), folder or self.job[1].folder
        return self.composer.compose([*self.overrides, *drawn], own, folder)


def candidates(settings: TuneSettings, invocation: Invocation) -> list[Candidate]:
    """All candidates as they are, checked with their search spaces before the first is trained.

    Raises:
        ConfigError: a candidate's config does not fit, or its search space does not fit it.
    """
    composer, own = invocation.composer, own_keys(TuneSettings)
    shared = of_training(training_overrides(composer, own), settings.monitor)
    found = []
    for index, name in enumerate(settings.candidates or options("model")):
        overrides = [*shared, *candidate_overrides(name)]
        job = composer.compose(overrides, own, invocation.folder / str(index))
        space = SearchSpace.of_model(job[1].choices["model"], composer)
        found.append(Candidate(name, overrides, job, space, composer))
        if not settings.worker:
            refuse_bad_space(found[-1])
    return found


def open_study(settings: TuneSettings, candidate: Candidate, base: str | None) -> Study:
    """The study of a candidate: the one of this name if there is one, else a new one.

    Args:
        base: name that the study's begins with; None names it by all that decides its trials.

    Raises:
        ConfigError: a study of this name is of other data or settings, or of another space.
    """
    run, composed = candidate.job
    task = digest_of_values(
        {
            "config": config_digest(composed.values, items=run.dataset.items_file()),
            "data": data_digest(candidate.job, {}),
            "space": candidate.space.values,
            **settings.decisive,
        }
    )[:16]
    name = f"{base or task} {candidate.name}"
    several = len(settings.goals) > 1
    pruning: Pruner = settings.pruner
    if pruning == "auto":
        pruning = "none" if several else "halving"
    study = Study(
        open_storage(settings.storage),
        name,
        candidate.space,
        settings.goals,
        Search(
            settings.sampler,
            pruning,
            settings.startup_trials,
            settings.grace_epochs or grace_epochs(run),
            run.schedule.epochs,
            settings.search_seed,
        ),
        settings.budget,
        composed.values,
        Path(composed.folder),
    )
    if study.attribute(TASK, task) != task:
        raise ConfigError(
            f"study={base} is of other data or settings, or searches another space, and studies do "
            f"not mix: name another, or none. Received: {candidate.name}"
        )
    study.offer_first()
    model = study.attribute(MODEL, composed.choices["model"])
    if settings.warm_start:
        warm_start(study, model, settings.warm_start)
    return study


def grace_epochs(settings: RunSettings) -> int:
    """Epochs of a candidate before which no trial is pruned: its warm-up and one, at least 3.

    The learning rate's, and what the model itself has, such as the annealing of a weight.
    """
    warmup = settings.schedule.warmup_epochs
    if steps := settings.model.warmup_steps:
        histories = len(split(settings, load_data(settings)).train)
        warmup = max(warmup, steps / math.ceil(histories / settings.schedule.batch_size))
    return max(GRACE, math.ceil(warmup) + 1)
