"""What comes from strangers is never run, and what is private is never written down."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from conftest import Bystander, CommandLine
from omegaconf import OmegaConf

from lrec import saved, store
from lrec.data import Histories
from lrec.dataset.csv import CSV
from lrec.errors import ConfigError
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import Popularity
from lrec.split.leave_one_out import LeaveOneOut
from lrec.strategy.cpu import CPU

POPULARITY = {"_target_": "lrec.model.popularity.Popularity"}


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    """A saved model."""
    split = LeaveOneOut()(CSV(str(tiny)).load())
    model = Popularity()
    model.fit(split, None, CPU(), 1, Bystander())  # type: ignore[arg-type]
    store.save(tmp_path / "model", model, POPULARITY)
    return tmp_path / "model"


def test_bomb_goes_off(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "boom")))
    assert (tmp_path / "boom").exists()


@pytest.mark.parametrize("name", [store.STATE, store.CATALOGUE])
def test_pickles_in_arrays_are_not_opened(name: str, folder: Path, tmp_path: Path) -> None:
    bomb = np.array([Bomb(tmp_path / "boom")], dtype=object)
    np.savez(folder / name, ids=bomb, popularity=bomb)
    with pytest.raises(RuntimeError, match="does not hold a whole lrec model"):
        store.load(folder)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize(
    "target", ["os.system", "pathlib.Path", "lrec.commands.job.job", "lrec.store.load"]
)
def test_only_models_of_lrec_are_built(target: str, folder: Path) -> None:
    path = folder / store.MODEL
    path.write_text(json.dumps({**json.loads(path.read_text()), "model": {"_target_": target}}))
    with pytest.raises(ConfigError, match=r"must lie in lrec|is no Model"):
        store.load(folder)


@pytest.mark.parametrize("name", [store.MODEL, store.STATE, store.CATALOGUE])
@pytest.mark.parametrize("damage", ["cut", "gone", "garbage"])
def test_damaged_model_is_refused(name: str, damage: str, folder: Path) -> None:
    path = folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"\x00garbage")
    with pytest.raises(RuntimeError, match="does not hold a whole lrec model"):
        store.load(folder)


def test_flipped_bit_in_a_model_is_noticed(tiny: Path, tmp_path: Path) -> None:
    split = LeaveOneOut()(CSV(str(tiny)).load())
    model = ItemKNN()
    model.fit(split, None, CPU(), 1, Bystander())  # type: ignore[arg-type]
    store.save(tmp_path, model, {"_target_": "lrec.model.itemknn.ItemKNN"})
    path = tmp_path / store.STATE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match="does not hold a whole lrec model"):
        store.load(tmp_path)


def test_stored_config_is_plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(OmegaConf.to_yaml({"model": {"_target_": "${oc.env:HOME}"}}))
    monkeypatch.setattr(saved, "fetch", lambda *_: path)
    with pytest.raises(RuntimeError, match="interpolation"):
        saved.config_of("0123")


def test_hostile_names_and_secrets_stay_where_they_are(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """Ids that are paths or markup make no files; variables of the environment go nowhere."""
    home = tmp_path / "a" / "b" / "c"
    home.mkdir(parents=True)
    lrec.give_store(home)
    text = tiny.read_text().replace("thing-00", "../../../evil").replace("person-020", "/evil")
    (home / "data.csv").write_text(text.replace("thing-01", "<script>alert(1)</script>"))
    words = ("dataset=csv", "dataset.path=data.csv", "split=leave_one_out", "model=popularity")
    secret = "s3cr3t-t0k3n"
    answer = lrec(
        home, "train", *words, AWS_SECRET_ACCESS_KEY=secret, LREC_TEST_TOKEN=secret, PASSWORD=secret
    )
    assert (answer.rc, answer.err) == (0, "")
    assert secret not in answer.out
    for path in tmp_path.rglob("*"):
        assert path.is_relative_to(home) or path in home.parents
        assert "evil" not in path.name
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    mlflow.set_tracking_uri(f"sqlite:///{home}/mlflow.db")
    (run,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    loader = model.metadata.flavors["python_function"]
    assert loader["loader_module"] == "lrec.serving"
    inner = model._model_impl
    assert type(inner).__module__ == "lrec.serving"
    assert len(inner.model.score(Histories.of([[]]))) == 1
