"""A model that is fitted on tiny data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.cli import SilentCallback
from helpers.composing import checked, composed

from lrec.data.queries import Split
from lrec.model import Model

SMALL = ("split=leave_one_out", "schedule.epochs=2", "model=itemknn")


@pytest.fixture(scope="session")
def settings(tiny: Path) -> Any:
    settings: Any = checked(composed("dataset=csv", f"dataset.path={tiny}", *SMALL))
    settings.strategy.start()
    return settings


@pytest.fixture(scope="session")
def split(settings: Any) -> Split:
    split: Split = settings.split(settings.dataset.load())
    return split


@pytest.fixture(scope="session")
def model(settings: Any, split: Split) -> Model:
    settings.model.fit(split, settings.schedule, settings.strategy, 1, SilentCallback())
    model: Model = settings.model
    return model
