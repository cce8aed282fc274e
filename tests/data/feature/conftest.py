"""A split whose items get vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrec.data.dataset.csv import CSV
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut


@pytest.fixture(scope="module")
def split(tiny: Path) -> Split:
    return LeaveOneOut()(CSV(str(tiny)).load())
