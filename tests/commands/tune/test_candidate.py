"""A candidate's study by its name, and the epochs before which none of its trials is pruned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.composing import checked, composed

from lrec.base.errors import ConfigError
from lrec.commands.composing import Choice, ComposedConfig, Interval, plain_values
from lrec.commands.settings import RunSettings
from lrec.commands.tune.candidate import GRACE, Candidate, grace_epochs, open_study
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.settings import TuneSettings

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


def test_a_study_of_another_space_is_another_study(tiny: Path, tmp_path: Path) -> None:
    given = (f"dataset.path={tiny}", "dataset=csv", "split=leave_one_out", "model=ease")
    storage = f"storage={tmp_path / 'studies.journal'}"
    settings: Any = checked(composed(*given, storage, root="tune"), root=TuneSettings)
    config = composed(*given)
    job = checked(config), ComposedConfig(plain_values(config), [], {"model": "ease"}, tmp_path)
    known = SearchSpace({"model.regularisation": Interval(1.0, 9.0, log=True)})
    wider = SearchSpace({"model.regularisation": Choice([1.0, 99.0])})
    candidate = Candidate("ease", given, job, known, composer=None)  # type: ignore[arg-type]
    first = open_study(settings, candidate, None)
    assert open_study(settings, candidate, None).name == first.name
    assert open_study(settings, replace(candidate, space=wider), None).name != first.name
    open_study(settings, candidate, "mine")
    with pytest.raises(ConfigError, match=r"study=mine is of other data .* another space"):
        open_study(settings, replace(candidate, space=wider), "mine")
