"""Blends of saved runs, one for each seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lrec.commands import loading
from lrec.commands.blend.blend_report import BlendReport
from lrec.commands.blend.members import BlendSettings, Members, blend_job, members_by_seed
from lrec.commands.composing import Invocation, Job, location_of
from lrec.commands.next_commands import over_runs, with_model
from lrec.commands.runs.saved import load_model, refuse_changed
from lrec.commands.runs.sweep_composition import candidate_runs
from lrec.commands.train import experiment
from lrec.model.blend.blended import Blend
from lrec.reporting.terminal import Screen, show_warnings

__all__ = ["BlendSettings", "run"]

# Keys of the blend's own run that may differ from its members'.
FREE = ("bucket", "k", "monitor", "validate_users")


def run(settings: BlendSettings, invocation: Invocation) -> None:
    """Find or train the members, blend those of each seed, and log a run for each blend."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    run_ids = candidate_runs(settings, invocation, FREE)
    blends = members_by_seed(settings, run_ids, screen)
    jobs = {
        seed: blend_job(settings, config, members, seed, len(blends) > 1)
        for seed, members in blends.items()
    }
    made: list[str] = []
    for seed, members in blends.items():
        if run_id := blend(settings, jobs[seed], members, screen):
            made.append(run_id)
    if made:
        screen.commands("next", *following(settings, invocation, made, blends))


def following(
    settings: BlendSettings,
    invocation: Invocation,
    made: Sequence[str],
    blends: Mapping[int, Members],
) -> list[list[str]]:
    """Commands that use the last blend, or compare blends with their members.

    Args:
        made: ids of the blends' runs.
    """
    origin = ["lrec", "blend", *invocation.config.overrides]
    used = with_model(made[-1], None if settings.tracking.log_model else origin)
    members = {run.id: run for those in blends.values() for run in those.values()}
    if len({run.seed for run in members.values() if run.seeded}) > len(blends):
        return used  # members of several seeds, which `lrec compare` takes for replicates
    return [over_runs("compare", [*made, *members], location_of(invocation.config)), *used]


def blend(settings: BlendSettings, job: Job, members: Members, screen: Screen) -> str | None:
    """Blend trained members, evaluate the blend beside them, and log its run.

    Returns:
        The run's id; None as long as MLflow cannot be reached.

    Raises:
        DataError: the data is not what the members were trained on, or no weights can be fitted.
    """
    run_settings, composed = job
    model = run_settings.model
    assert isinstance(model, Blend)
    refuse_changed(loading.load_data(run_settings), next(iter(members.values())).id)
    run_settings.strategy.start_for(model.uses_tensorflow())  # before members are loaded
    model.hand_over({name: load_model(run.id) for name, run in members.items()})
    updated = any("lrec.updates" in run.tags for run in members.values())
    report = BlendReport(settings, model, members, screen)
    known = model.catalogue if updated else None
    result = experiment.run(run_settings, composed, known=known, addition=report)
    return None if result is None else result.run_id
