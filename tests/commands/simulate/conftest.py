"""Held-out users of generated data, with and without its ground truth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lrec.data.dataset.synthetic import Synthetic
from lrec.data.queries import Split
from lrec.data.split.user_holdout import UserHoldout


@pytest.fixture(scope="session")
def generated() -> Split:
    data = Synthetic(n_users=400, n_items=150, activity_median=6).load()
    return UserHoldout(validation=0.1, test=0.3, order="time")(data)


@pytest.fixture(scope="session")
def without_truth(generated: Split) -> Split:
    """The same users without their ground truth."""
    return replace(generated, truth=None)
