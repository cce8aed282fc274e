"""Maps of users: silhouettes, projections, samples, and `lrec map` read back from MLflow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pytest
from helpers.cli import Answer, CommandLine
from helpers.composing import checked, composed
from mlflow.entities import Run

from lrec.base.arrays import Floats
from lrec.base.errors import ConfigError, DataError
from lrec.commands.map import MapSettings, project, sample_users, silhouettes
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import Buckets

PNG = b"\x89PNG"
FIGURES = {"map_pca.png", "map_tsne.png"}


def clusters(apart: float) -> tuple[Floats, Buckets]:
    """Thirty users of two buckets in five dimensions, and a cold one far away."""
    label = np.array([0, 1] * 15 + [-1])
    space = np.random.default_rng(0).normal(size=(len(label), 5)).astype(np.float32)
    space[:, 0] += apart * label
    return space, Buckets("some", ("few", "many"), label, {})


def test_silhouette_of_buckets_that_lie_apart_is_high() -> None:
    """By its definition, in plain Python."""
    space, buckets = clusters(apart=4)
    inside = [(x, label) for x, label in zip(space, buckets.label, strict=True) if label >= 0]
    values = []
    for index, (x, own) in enumerate(inside):
        far = {
            label: np.mean(
                [
                    np.linalg.norm(x - y)
                    for other, (y, its) in enumerate(inside)
                    if its == label and other != index
                ]
            )
            for label in (0, 1)
        }
        a, b = far[own], far[1 - own]
        values.append((b - a) / max(a, b))
    (value,) = silhouettes(space, [buckets]).values()
    assert value == pytest.approx(np.mean(values), abs=1e-5)
    assert value > 0.3
    (mixed,) = silhouettes(*[clusters(apart=0)[0], [buckets]]).values()
    assert abs(mixed) < 0.1


def test_silhouette_needs_two_buckets_with_users() -> None:
    space, buckets = clusters(apart=1)
    alone = Buckets("some", buckets.names, np.where(buckets.label == 1, 1, -1), {})
    assert silhouettes(space, [alone]) == {}


def test_projections_are_deterministic_and_pca_keeps_the_widest() -> None:
    space, _ = clusters(apart=20)
    pca, tsne = project(space, perplexity=5)
    again = project(space, perplexity=5)
    assert [np.array_equal(m.points, n.points) for m, n in zip((pca, tsne), again, strict=True)]
    assert pca.points.shape == tsne.points.shape == (len(space), 2)
    assert abs(np.corrcoef(pca.points[:, 0], space[:, 0])[0, 1]) > 0.99
    share = np.var(pca.points[:, 0]) / np.var(space, axis=0).sum()
    assert f"({share:.1%} of the variance)" in pca.axes[0]


def map_settings(*overrides: str) -> MapSettings:
    config = composed("run=any", *overrides, root="map")
    return checked(config, trains=False, root=MapSettings)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("sample=30", "sample must be above perplexity, which is 30. Received: 30"),
        ("perplexity=0", "perplexity must be 1 or more. Received: 0"),
        ("sample=many", "sample"),
        ("model=ease", "a run of attention, bert4rec, dae, .* Received: run=any, a run of ease"),
    ],
)
def test_check_refuses(bad: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        map_settings(bad)


def test_sample_is_the_same_every_time_and_leaves_out_users_without_history() -> None:
    split = split_of([[], [0], [5], [1, 2], [0, 5], [2]])  # 5 is outside the catalogue
    queries, without = sample_users(split, 2, 1)
    assert without == 2
    assert len(queries) == 2
    assert set(queries.history.item) <= {0, 1, 2, 5}
    assert queries.history.lengths.all()
    assert np.array_equal(queries.history.item, sample_users(split, 2, 1)[0].history.item)
    all_users, _ = sample_users(split, 3000, 1)
    assert all_users.history.lengths.tolist() == [1, 2, 2, 1]
    with pytest.raises(DataError, match=r"4 test users have a history\. Lower perplexity"):
        sample_users(split, 3000, 4)


def split_of(rows: list[list[int]]) -> Split:
    """A split of three items with these test users."""
    histories = Histories.of(rows)
    queries = Queries(histories, histories, histories)
    ones = np.ones(3, np.int64)
    catalogue = Catalogue(np.array(list("abcdef")), ones, ones, n_users=1)
    return Split(histories, queries.take(np.array([0])), queries, catalogue, np.array(["?"]), {})


class Folder:
    """A folder with one MLflow store and a trained run."""

    def __init__(self, path: Path, lrec: CommandLine, tiny: Path) -> None:
        self.path = path
        self.lrec = lrec
        answer = lrec(
            path,
            *("train", "model=vae", "dataset=csv"),
            *(f"dataset.path={tiny}", "split=leave_one_out", "schedule.epochs=1"),
            "tracking.experiment=trained",
        )
        assert answer.rc == 0, answer.err
        self.trained = {
            run.data.params["model"]: run
            for run in self.runs("trained")
            if "model" in run.data.params
        }

    def runs(self, experiment: str) -> list[Run]:
        runs: list[Run] = mlflow.search_runs(experiment_names=[experiment], output_format="list")
        return runs

    def call(self, model: str, *arguments: str) -> Answer:
        return self.lrec(self.path, "map", f"run={self.trained[model].info.run_id}", *arguments)

    def map(self, experiment: str, model: str, *arguments: str) -> Run:
        answer = self.call(model, f"tracking.experiment={experiment}", "perplexity=5", *arguments)
        assert answer.rc == 0, answer.err
        assert answer.err == ""
        (run,) = self.runs(experiment)
        assert run.info.run_id in answer.out
        return run

    def figures(self, run: Run) -> dict[str, bytes]:
        path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="figures")
        return {file.name: file.read_bytes() for file in Path(path).iterdir()}


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path
) -> Iterator[Folder]:
    path = tmp_path_factory.mktemp("maps")
    lrec.give_store(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}/mlflow.db")
        yield Folder(path, lrec, tiny)


@pytest.fixture(scope="module")
def vae(folder: Folder) -> Run:
    return folder.map("vae", "vae")


@pytest.mark.slow
def test_map_is_a_child_of_the_run(vae: Run, folder: Folder) -> None:
    run_id = folder.trained["vae"].info.run_id
    assert vae.info.status == "FINISHED"
    assert vae.data.tags["mlflow.parentRunId"] == vae.data.tags["lrec.maps"] == run_id
    assert vae.data.tags["lrec.command"] == "map"
    assert vae.data.params["perplexity"] == "5"
    assert "| activity | tail | torso |" in vae.data.tags["mlflow.note.content"]


@pytest.mark.slow
def test_map_holds_two_figures_and_a_silhouette(vae: Run, folder: Folder) -> None:
    figures = folder.figures(vae)
    assert figures.keys() == FIGURES
    assert all(content.startswith(PNG) for content in figures.values())
    assert -1 <= vae.data.metrics["silhouette/activity"] <= 1
    users = folder.trained["vae"].data.metrics["data/test_users"]
    metrics = vae.data.metrics
    assert metrics["data/mapped_users"] + metrics["data/users_without_history"] == users


@pytest.mark.slow
def test_map_again_draws_the_same_and_has_a_number_for_each_bucketing(
    vae: Run, folder: Folder
) -> None:
    again = folder.map("again", "vae", "bucket=[activity,counts]")
    assert folder.figures(again) == folder.figures(vae)
    numbers = {name for name in again.data.metrics if name.startswith("silhouette/")}
    assert numbers == {"silhouette/activity", "silhouette/counts"}
    shared = "silhouette/activity"
    assert again.data.metrics[shared] == vae.data.metrics[shared]


def test_map_needs_a_run_that_is_there(lrec: CommandLine, tmp_path: Path) -> None:
    lrec.give_store(tmp_path)
    answer = lrec(tmp_path, "map", "run=0123456789abcdef0123456789abcdef")
    assert answer.rc == 1
    assert "there is no run 0123456789abcdef" in answer.complaint


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "run is needed: lrec map run=RUN_ID"),
        (["run=any", "model=dae"], "was decided when the run was trained; map can change bucket"),
        (["run=any", "seed=2"], "was decided when the run was trained"),
        (["run=any", "dataset.n_users=9"], "Received: dataset.n_users=9"),
        (["run=any", "smaple=9"], "did you mean sample?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_map_refuses_in_one_line(
    arguments: list[str], words: str, lrec: CommandLine, tmp_path: Path
) -> None:
    answer = lrec(tmp_path, "map", *arguments)
    assert answer.rc == 2
    assert words in answer.complaint


def test_importing_the_command_loads_nothing_heavy() -> None:
    code = "import lrec.commands.map, sys; print(*{m.split('.')[0] for m in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & {"tensorflow", "mlflow", "pandas", "sklearn", "matplotlib"}
