"""Metrics of the references are computed once, and anew when anything that they depend on is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.composing import checked, composed
from omegaconf import OmegaConf

from lrec.commands.settings import RunSettings
from lrec.commands.train import kept_references
from lrec.data import cache
from lrec.evaluation.evaluator import Evaluator
from lrec.model.common.bias import BiasModel

SMALL = ("dataset.n_users=300", "dataset.n_items=80", "metric=[recall,mse]")


class Counted:
    """References of a config, and the number of times that they were computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.computed = 0
        compute = Evaluator.references

        def counting(evaluator: Evaluator) -> Any:
            self.computed += 1
            return compute(evaluator)

        monkeypatch.setattr(Evaluator, "references", counting)

    def __call__(self, *overrides: str) -> Any:
        config = composed(*SMALL, "monitor=val/recall_at_10/all", *overrides)
        settings: RunSettings = checked(config)
        data = settings.dataset.load()
        evaluator = Evaluator(
            settings.split(data),
            settings.metric,
            settings.bucket,
            settings.k,
            settings.validate_users,
        )
        values: Any = OmegaConf.to_container(config)
        return kept_references.references(evaluator, settings, values, data)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Counted:
    monkeypatch.setenv("LREC_CACHE", str(tmp_path))
    return Counted(monkeypatch)


def test_second_run_takes_what_the_first_computed(counted: Counted) -> None:
    first = counted()
    assert {"popularity", "oracle", "bias"} <= set(first)
    assert counted("model=ease", "seed=9") == first
    assert counted.computed == 1


@pytest.mark.parametrize(
    "override",
    [
        "k=[10,5]",
        "metric=[recall,mse,ndcg]",
        "split.test=0.2",
        "dataset.seed=3",
        "validate_users=20",  # which scores are calibrated on
    ],
)
def test_what_they_depend_on_computes_them_anew(override: str, counted: Counted) -> None:
    counted()
    counted(override)
    assert counted.computed == 2


def test_another_table_of_users_computes_them_anew(counted: Counted, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    keys = ("bucket=column", f"bucket.column.path={path}", "bucket.column.column=plan")
    for plans, computed in (("ab", 1), ("ab", 1), ("aab", 2)):
        rows = [f"u{user},{plans[user % len(plans)]}" for user in range(300)]
        path.write_text("\n".join(["user,plan", *rows]))
        counted(*keys)
        assert counted.computed == computed


def test_other_code_computes_them_anew(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    counted()
    monkeypatch.setattr(kept_references, "code_digest", lambda components: "changed")
    counted()
    assert counted.computed == 2


def test_bias_of_large_data_is_fitted_once(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_references, "split_key", lambda splitter, data: data.digest)
    fitted: list[int] = []
    fit = BiasModel.fit

    def counting(*arguments: Any) -> BiasModel:
        fitted.append(1)
        return fit(*arguments)

    monkeypatch.setattr(BiasModel, "fit", counting)
    settings: RunSettings = checked(composed(*SMALL, "monitor=val/recall_at_10/all"))
    data = settings.dataset.load()
    split = settings.split(data)
    first, again = (kept_references.bias(split, settings, data) for _ in range(2))
    assert len(fitted) == 1
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(again.item, first.item)
    assert (again.mean, again.scale, again.user_shrink) == (first.mean, first.scale, 5.0)
    np.testing.assert_array_equal(again.predict(split.test), first.predict(split.test))
    (path,) = (cache.folder(None) / "references").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    kept_references.bias(split, settings, data)
    extended = replace(split, catalogue=replace(split.catalogue, ids=split.catalogue.ids[::-1]))
    kept_references.bias(extended, settings, data)
    assert len(fitted) == 3


@pytest.mark.parametrize("damage", ["", "{", '{"rows": {}}', None])
def test_damage_computes_them_anew(damage: str | None, counted: Counted) -> None:
    first = counted()
    (path,) = (cache.folder(None) / "references").iterdir()
    whole = path.read_text()
    digit = json.dumps(first["popularity"]["recall_at_10/all"])
    path.write_text(whole.replace(digit, "0.5") if damage is None else damage)
    assert path.read_text() != whole
    assert counted() == first
    assert counted.computed == 2
    assert path.read_text() == whole


def test_unwritable_cache_is_no_error(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "references").write_text("a file, not a folder")
    assert "popularity" in counted()
