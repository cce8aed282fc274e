"""What Hydra refuses, in one line that says what to type."""

from __future__ import annotations

import pytest
from helpers.composing import composed_anew
from hydra.errors import HydraException

from lrec.cli.hydra_errors import explain


@pytest.mark.parametrize(
    ("command", "root", "override", "listing"),
    [
        ("recommend", "recommend", "history=SKU-1,SKU-2", "'history=[SKU-1,SKU-2]'"),
        ("compare", "compare", "runs=a,b", "'runs=[a,b]'"),
        ("train", "train", "metric=ndcg,recall", "'metric=[ndcg,recall]'"),
        ("train", "train", "model=glob(*)", ""),
        ("train", "train", "model=vae,ease", ""),
        ("train", "train", "seed=1,2", ""),
        ("train", "train", "seed=range(1,3)", ""),
    ],
)
def test_several_values_are_a_list_or_a_sweep(
    command: str, root: str, override: str, listing: str
) -> None:
    given = ["split=user_holdout", override]
    with pytest.raises(HydraException) as caught:
        composed_anew(*given, root=root)
    line = explain(caught.value, command, given)
    assert line is not None
    assert "\n" not in line
    assert "multirun" not in line
    assert f"lrec {command} -m " in line
    assert override in line
    key = override.partition("=")[0]
    assert line.startswith(f"{key}: a list" if listing else f"{key} has one value")
    assert listing in line
