"""Splits of saved runs for commands on held-out users."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.composing import checked, composed

from lrec import tracking
from lrec.base.errors import DataError
from lrec.commands.loading import load_data
from lrec.commands.runs.saved import held_out_split
from lrec.commands.settings import RunSettings
from lrec.data.dataset.synthetic import Synthetic
from lrec.tracking import SavedRun


def settings_with(*overrides: str) -> RunSettings:
    return checked(composed(*overrides))


def test_runs_without_held_out_users_are_refused() -> None:
    settings = settings_with("split=leave_one_out")
    with pytest.raises(DataError, match=r"^simulate asks .* Received: runs with split=leave_one_o"):
        held_out_split(settings, "simulate", "some run")


def test_runs_on_data_that_has_changed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with("split=user_holdout", "dataset.n_users=100", "dataset.n_items=50")
    digest = settings.dataset.load().digest
    logged = SavedRun("some run", {}, {}, {}, "synthetic", digest[:32], 1.0)
    monkeypatch.setattr(tracking, "finished", lambda *_, **__: [logged])
    data = load_data(settings)
    with monkeypatch.context() as patch:
        patch.setattr(Synthetic, "load", None)  # it is loaded once a process
        split = held_out_split(settings, "simulate", "some run")
    assert split.user_ids is data.user_ids
    for other in (f"0{digest[:31]}", ""):
        logged = replace(logged, digest=other)
        with pytest.raises(DataError, match=r"has changed since.* Received: run=some run$"):
            held_out_split(settings, "simulate", "some run")
