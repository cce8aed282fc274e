"""Warm-up: the epochs before which nothing is pruned, by the schedule and the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.composing import checked, composed

from lrec.commands.settings import RunSettings
from lrec.commands.tune.candidate import GRACE, grace_epochs

STEPS = "model.anneal_steps=12"


@pytest.mark.parametrize(
    ("overrides", "epochs"),
    [
        (("model=attention",), GRACE),
        (("model=dae", "schedule.warmup_epochs=4.5"), 6),
        (("model=vae", STEPS, "schedule.batch_size=1000"), 13),  # a step an epoch
        (("model=vae", STEPS, "schedule.batch_size=20"), 5),  # three
        (("model=vae", STEPS, "model.beta=0"), GRACE),  # nothing is annealed
        (("model=vae", "model.anneal_steps=0"), GRACE),
    ],
)
def test_no_trial_is_pruned_before_its_warm_up(
    overrides: tuple[str, ...], epochs: int, tiny: Path
) -> None:
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    settings: RunSettings = checked(composed(*data, *overrides))
    assert grace_epochs(settings) == epochs
