"""Failures of a component: the line names the place, the log has the traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import broken_models
from helpers.forked import Script

from lrec.base.errors import DataError
from lrec.cli.failures import explain_failure
from lrec.data.dataset.csv import CSV

# As if the models lay in lrec.
BROKEN = """
import os, sys
import helpers.broken_models
sys.modules["lrec.broken"] = helpers.broken_models
from lrec.cli.main import main
os.chdir(sys.argv[1])
sys.argv[:] = ["lrec", *sys.argv[2:]]
sys.exit(main())
"""


def train(folder: Path, name: str) -> str:
    """The error line of a broken model's training."""
    model = ("model=popularity", f"model._target_=lrec.broken.{name}")
    data = ("dataset.n_users=300", "split=leave_one_out", "tracking.log_model=false")
    script = Script(BROKEN, [str(folder), "train", *data, *model], folder)
    status, _, error = script.wait(100)
    assert status == 1, error
    *notes, line = error.splitlines()
    assert not notes, error
    return line


def place_of(mark: str) -> int:
    """The line of the helper that has a mark."""
    lines = Path(broken_models.__file__ or "").read_text().splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if mark in line)
    return number


def test_a_mistake_in_the_losses_is_placed_and_its_traceback_kept(tmp_path: Path) -> None:
    line = train(tmp_path, "WrongShape")
    place = f"broken_models.py:{place_of('# the mistake')}, in losses"
    found = re.search(r"\(([^()]*); traceback: (\S+), or LREC_DEBUG=1\)$", line)
    assert found is not None, line
    assert found[1] == place
    assert Path(found[2]).name == "train.log"
    assert "Traceback (most recent call last)" in (tmp_path / found[2]).read_text()


def test_a_layer_that_scores_leaves_out_is_refused_when_the_model_is_built(tmp_path: Path) -> None:
    line = train(tmp_path, "UnusedLayer")
    assert line.endswith("model=unused_layer, whose scores(…) leaves out helper")
    (log,) = tmp_path.rglob("train.log")
    assert "Traceback" not in log.read_text()


def test_the_place_is_the_authors_line_and_not_the_librarys(tmp_path: Path) -> None:
    import numpy as np

    def add() -> None:
        np.broadcast_to(np.ones(3), 4)  # raised within numpy

    with pytest.raises(ValueError, match="broadcast") as caught:
        add()
    log = tmp_path / "train.log"
    log.write_text("a warning\n")
    explained = explain_failure(caught.value, log)
    assert re.match(r" \(test_failures\.py:\d+, in add; traceback: ", explained)
    assert log.read_text().startswith("a warning\nTraceback (most recent call last)")
    assert "raised within numpy" in log.read_text()


def test_passwords_are_not_in_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(KeyError) as caught:
        raise KeyError("http://me:secret@host")
    explain_failure(caught.value, tmp_path / "train.log")
    assert "http://***@host" in (tmp_path / "train.log").read_text()


def test_what_lrec_refuses_has_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        CSV("none.csv").files()
    assert explain_failure(caught.value, tmp_path / "train.log") == ""
    assert not (tmp_path / "train.log").exists()
