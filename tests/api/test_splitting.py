"""Splits from Python."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lrec
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.data.split.ratio import Ratio

FRAME = pd.DataFrame(
    {"user": ["u", "u", "u", "v"], "item": list("abca"), "timestamp": [1, 2, 3, 4], "rating": 5.0}
)


def test_functions_have_the_arguments_of_their_splits() -> None:
    names = set(options("split")) & set(lrec.__all__)
    assert names >= {"leave_one_out", "global_time", "ratio", "user_holdout"}
    for name in names:
        _, *own = inspect.signature(getattr(lrec, name)).parameters.values()
        target = inspect.signature(component_class("split", name)).parameters.values()
        assert [(p.name, p.default) for p in own] == [(p.name, p.default) for p in target], name


def test_parts_are_frames_of_original_ids() -> None:
    split = lrec.leave_one_out(lrec.Interactions.from_frame(FRAME))
    assert split.train.to_numpy().tolist() == [["u", "a", 5.0, 1], ["v", "a", 5.0, 4]]
    assert split.validation[["user", "item"]].to_numpy().tolist() == [["u", "b"]]
    assert split.test[["user", "item"]].to_numpy().tolist() == [["u", "c"]]
    assert split.history["item"].tolist() == ["a", "b"]
    assert split.counts["test_users"] == 1
    assert "split=leave_one_out" in repr(split)


def test_values_reach_the_split(tiny: Path) -> None:
    data = lrec.Interactions.from_frame(pd.read_csv(tiny))
    one, two = lrec.ratio(data, test=0.4, seed=1), Ratio(test=0.4, seed=1)(data)
    assert np.array_equal(one.parts.test.target.item, two.test.target.item)
    named = lrec.split(data, "split=ratio", "split.test=0.4", "split.seed=1")
    assert np.array_equal(named.parts.test.target.item, two.test.target.item)


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(lrec.ConfigError, match=r"data must be lrec.Interactions; .*DataFrame$"):
        lrec.leave_one_out(FRAME)  # type: ignore[arg-type]
    with pytest.raises(lrec.ConfigError, match=r"overrides must be texts.*Received: 3"):
        lrec.split(lrec.Interactions.from_frame(FRAME), "split=ratio", 3)  # type: ignore[arg-type]


def test_refusals_are_those_of_the_command_line() -> None:
    data = lrec.Interactions.from_frame(FRAME, timestamp=None)
    with pytest.raises(lrec.DataError, match="leave_one_out"):
        lrec.leave_one_out(data)
    with pytest.raises(lrec.ConfigError, match=r"shares .*Received: validation=0.1, test=2"):
        lrec.ratio(data, test=2)
    with pytest.raises(lrec.ConfigError, match="did you mean ratio"):
        lrec.split(data, "split=ration")
    with pytest.raises(lrec.ConfigError, match="chosen by split=NAME"):
        lrec.split(data)
