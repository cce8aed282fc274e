"""What comes from strangers is never run, and what is private is never written down."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from helpers.cli import CommandLine, SilentCallback

from lrec.base.errors import ConfigError
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model.common import saving
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import Popularity
from lrec.training.strategy.cpu import CPU

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
    model.fit(split, None, CPU(), 1, SilentCallback())  # type: ignore[arg-type]
    saving.save(tmp_path / "model", model, POPULARITY)
    return tmp_path / "model"


def test_bomb_goes_off(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "boom")))
    assert (tmp_path / "boom").exists()


@pytest.mark.parametrize("name", [saving.STATE, saving.CATALOGUE])
def test_pickles_in_arrays_are_not_opened(name: str, folder: Path, tmp_path: Path) -> None:
    bomb = np.array([Bomb(tmp_path / "boom")], dtype=object)
    np.savez(folder / name, ids=bomb, popularity=bomb)
    with pytest.raises(RuntimeError, match="does not hold a whole lrec model"):
        saving.load(folder)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize(
    "target",
    ["os.system", "pathlib.Path", "lrec.cli.job.run", "lrec.model.common.saving.load"],
)
def test_only_models_of_lrec_are_built(target: str, folder: Path) -> None:
    saving.save(folder, saving.load(folder), {"_target_": target})
    with pytest.raises(ConfigError, match=r"must lie in lrec|is no Model"):
        saving.load(folder)


@pytest.mark.parametrize("name", [saving.MODEL, saving.STATE, saving.CATALOGUE])
@pytest.mark.parametrize("damage", ["cut", "gone", "garbage"])
def test_damaged_model_is_refused(name: str, damage: str, folder: Path) -> None:
    path = folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"\x00garbage")
    with pytest.raises(RuntimeError, match="does not hold a whole lrec model"):
        saving.load(folder)


def test_flipped_bit_in_a_model_is_noticed(tiny: Path, tmp_path: Path) -> None:
    split = LeaveOneOut()(CSV(str(tiny)).load())
    model = ItemKNN()
    model.fit(split, None, CPU(), 1, SilentCallback())  # type: ignore[arg-type]
    saving.save(tmp_path, model, {"_target_": "lrec.model.itemknn.ItemKNN"})
    path = tmp_path / saving.STATE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match="does not hold a whole lrec model"):
        saving.load(tmp_path)


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
    assert loader["loader_module"] == "lrec.tracking.serving"
    inner = model._model_impl
    assert type(inner).__module__ == "lrec.tracking.serving"
    assert len(inner.recommender.model.score(Histories.of([[]]))) == 1


SECRET = "s3c@ret"


def assert_untold(folder: Path, *said: str) -> None:
    """No file below a folder holds the secret or a part of it, and nobody has said it."""
    parts = SECRET.split("@")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "overrides.yaml" for path in files)  # Hydra's own, hidden ones too
    for content in (*(path.read_bytes() for path in files), *(text.encode() for text in said)):
        assert parts[0].encode() not in content
        assert f"{parts[1]}@".encode() not in content


def test_passwords_of_the_store_are_kept_nowhere(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    words = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "model=popularity")
    address = f"http://ann:{SECRET}@127.0.0.1:9"
    store = {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    train, compare, sync = (
        lrec(tmp_path, *command, **store)
        for command in (("train", *words), ("compare",), ("sync",))
    )
    assert (train.rc, train.err) == (0, "")
    assert "MLflow at http://***@127.0.0.1:9 does not take the run now" in train.out
    assert (compare.rc, sync.rc) == (1, 1)
    for answer in (compare, sync):
        assert "http://***@127.0.0.1:9" in answer.complaint
    assert_untold(tmp_path, *(a.out + a.err for a in (train, compare, sync)))


def test_passwords_of_a_mirror_are_kept_nowhere(lrec: CommandLine, tmp_path: Path) -> None:
    lrec.give_store(tmp_path)
    place = f"ann:{SECRET}@127.0.0.1:9/files"
    data = ("dataset=movielens_100k", "model=popularity")
    one = lrec(tmp_path, "train", *data, f"dataset.mirror=http://{place}")
    assert one.rc == 1
    assert "http://***@127.0.0.1:9/files/ml-100k.zip could not be downloaded" in one.complaint
    two = lrec(tmp_path, "train", "-m", *data, f"dataset.mirror=http://{place}", "seed=1,2")
    assert two.rc == 1
    assert "downloading http://127.0.0.1:9/files/ml-100k.zip" in two.out
    wrong = lrec(tmp_path, "train", *data, f"dataset.mirror=ftp://{place}")
    assert wrong.rc == 2
    assert "Received: 'ftp://***@127.0.0.1:9/files'" in wrong.complaint
    assert_untold(tmp_path, *(answer.out + answer.err for answer in (one, two, wrong)))
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    # the data comes first: there is no run that could have kept them
    assert not mlflow.search_runs(experiment_names=["lrec"], output_format="list")
