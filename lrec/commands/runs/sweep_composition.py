"""Training runs that a command needs, composed from `candidates=[…]` and its own command line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError, nearest
from lrec.commands.composing import LOCATION, Composer, Invocation, Job, key_of, own_keys
from lrec.commands.loading import load_data, split
from lrec.commands.runs.find_or_train import find_or_train
from lrec.commands.runs.saved import refuse_other_splits
from lrec.commands.runs.selection import SelectionSettings

# Keys that may be set although nothing is trained.
NOT_OF_TRAINING = ("tracking", "metric", "hydra", "strategy")


def candidate_runs(
    settings: SelectionSettings,
    invocation: Invocation,
    free: Sequence[str] = (),
    parts: Sequence[Sequence[str]] = ((),),
) -> list[str]:
    """Find a run of every candidate with every seed on every part; train those that are missing.

    All are composed and checked before the first is trained.

    Args:
        free: keys of training runs that are the command's own too, where nothing is trained.
        parts: overrides of each part of the data, such as a window of time.

    Returns:
        The runs' ids; none if there are no candidates.

    Raises:
        ConfigError: a candidate's config does not fit, or there are none, and the command line
            sets what only a training run has.
        DataError: the command needs other users held out.
    """
    own, composer = own_keys(type(settings)), invocation.composer
    shared = training_overrides(composer, own)
    if not settings.candidates:
        refuse_training_keys([override for override in shared if key_of(override) not in free])
        return []
    jobs = [
        composer.compose(
            [*shared, *candidate_overrides(candidate), *part, f"seed={seed}"],
            own,
            invocation.folder
            / "-".join([str(index), *(p.partition("=")[2] for p in part), str(seed)]),
        )
        for index, candidate in enumerate(settings.candidates)
        for part in parts
        for seed in settings.seeds
    ]
    command = [Path(settings.file).stem, *invocation.config.overrides]
    if settings.loads_models:
        refuse_unsaved(jobs, command[0])
    if settings.held_out:
        for job, _ in jobs:
            refuse_other_splits(job.split.name, command[0])
        first, _ = jobs[0]  # all have the same data, or are refused
        settings.check_users(lambda: split(first, load_data(first)))
    run_ids = find_or_train(jobs, settings.fresh, invocation.launch, command)
    return [str(run_id) for run_id in run_ids]


def refuse_unsaved(jobs: Sequence[Job], command: str) -> None:
    """Refuse candidates whose trained models would not be kept, before they are trained.

    Raises:
        ConfigError: naming the first, and the settings that keep it.
    """
    for settings, _ in jobs:
        if missing := settings.missing_switches:
            switches = " ".join(f"{key}=true" for key in missing)
            reason = " contains people's histories and" if settings.model.contains_histories else ""
            raise ConfigError(
                f"lrec {command} needs saved models, and model={settings.model.name}{reason} would "
                f"not be saved: add {switches}. Received: candidates with {missing[0]}=false"
            )


def training_overrides(composer: Composer, own: Sequence[str]) -> list[str]:
    """The command line's overrides that are meant for training runs.

    Args:
        own: the command's own keys.
    """
    return [override for override in composer.overrides if key_of(override) not in own]


def candidate_overrides(candidate: str) -> list[str]:
    """Overrides that a candidate stands for: of a model, of a preset, or as they are.

    Raises:
        ConfigError: it is none of these.
    """
    if "=" in candidate:
        return _words(candidate)
    if candidate in options("model"):
        return [f"model={candidate}"]
    if candidate in options("experiment"):
        return [f"+experiment={candidate}"]
    names = [*options("model"), *options("experiment")]
    raise ConfigError(
        f"candidates: no such model or preset{nearest(candidate, names)}. "
        f"Models: {', '.join(options('model'))}. Presets: {', '.join(options('experiment'))}. "
        f"Received: {candidate!r}"
    )


def _words(candidate: str) -> list[str]:
    """Overrides in one text, with quotes as in a shell.

    Raises:
        ConfigError: a quote is begun, and not ended.
    """
    try:
        return shlex.split(candidate)
    except ValueError:
        raise ConfigError(f"candidates: a quote has no end. Received: {candidate!r}") from None


def refuse_training_keys(overrides: Sequence[str]) -> None:
    """Refuse settings of training where nothing is trained.

    Raises:
        ConfigError: naming the setting.
    """
    for override in overrides:
        key = key_of(override)
        if key not in LOCATION and key.partition(".")[0] not in NOT_OF_TRAINING:
            raise ConfigError(
                f"{key} is decided when a run is trained; only candidates=[…] are trained here. "
                f"Received: {override.removeprefix('++')}"
            )
