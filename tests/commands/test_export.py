"""Exported models: the rankings of the files, their reported metrics, and how they are written."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import yaml
from helpers.bench import Bench, short, variants
from helpers.cli import CommandLine
from helpers.composing import checked, composed, invocation
from helpers.fixed import Fixed, different_scores
from omegaconf import OmegaConf

from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError, DataError
from lrec.commands.composing import ComposedConfig
from lrec.commands.export import command, export_formats
from lrec.commands.export.command import ExportSettings
from lrec.commands.export.graph import export_graph
from lrec.commands.settings import RunSettings
from lrec.commands.written_folder import MANIFEST, foreign
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker
from lrec.evaluation.recommender import example
from lrec.model import Model
from lrec.model.common.neural import NeuralModel
from lrec.model.ease import EASE
from lrec.tracking import Tracking

# Those that are exported in every run of the tests; the others with -m slow.
QUICK = {"attention", "dense-rating", "ease", "itemknn", "popularity", "vae"}
KINDS = [
    pytest.param(v, id=short(v), marks=() if short(v) in QUICK else pytest.mark.slow)
    for v in variants()
]


def untrained(bench: Bench) -> Model:
    """The model with random weights, or one that is fitted in no time."""
    model = bench.parts().model
    if not isinstance(model, NeuralModel):
        return bench.model
    model._build(bench.split.catalogue)  # what `fit` and `restore` begin with
    generator = np.random.default_rng(0)
    state = {name: generator.normal(0, 0.3, a.shape) for name, a in model.state().items()}
    model.restore({k: v.astype(np.float32) for k, v in state.items()}, bench.split.catalogue)
    return model


def some_histories(bench: Bench) -> Histories:
    """With ratings; one has an item twice, some have no item of the catalogue."""
    n_items = bench.split.catalogue.n_items
    items = [[3], [0, 5, 2, 9, 4], [7, 1, 7, 2], [n_items + 3, 6, -1], list(range(n_items - 2))]
    items += [[], [n_items]]
    generator = np.random.default_rng(1)
    return Histories.of(items, [generator.integers(1, 6, len(row)).tolist() for row in items])


def queries_of(histories: Histories) -> Queries:
    """Queries without targets."""
    return Queries(histories, histories, Histories.of([[]] * len(histories)))


def padded(histories: Histories) -> tuple[np.ndarray, np.ndarray]:
    """Item codes and ratings in rows of equal length, at the end of each."""
    assert histories.rating is not None
    longest = histories.lengths.max()
    inside = np.arange(longest) >= longest - histories.lengths[:, None]
    items = np.full(inside.shape, -1, np.int32)
    ratings = np.full(inside.shape, np.nan, np.float32)
    items[inside], ratings[inside] = histories.item, histories.rating
    return items, ratings


@pytest.mark.parametrize("overrides", KINDS)
def test_exported_graphs_rank_like_the_model(
    overrides: tuple[str, ...], tiny: Path, tmp_path: Path
) -> None:
    bench = Bench(overrides, tiny)
    model, histories = untrained(bench), some_histories(bench)
    n_items = model.catalogue.n_items
    expected = Ranker(model, n_items)(queries_of(histories))
    graph = export_graph(model).recommend
    inputs = dict(zip(("history", "ratings"), padded(histories), strict=True)) | {"k": n_items + 1}
    names = graph.structured_input_signature[1].keys()
    assert ("ratings" in names) == (model.name == "dense")
    output = graph(**{name: tf.constant(inputs[name]) for name in names})
    assert output["items"].numpy().tolist() == expected.items.tolist()
    np.testing.assert_allclose(output["scores"].numpy(), expected.scores, rtol=1e-5, atol=1e-5)

    rank = export_formats.read(export_formats.write(model, "float16", tmp_path))
    items, seconds = export_formats.rank_each(rank, histories, 5)
    assert (seconds > 0).all()
    common = [
        len(set(a) & set(b)) / len(set(b))
        for a, b in zip(items, expected.items[:, :5], strict=True)
    ]
    assert np.mean(common) > 0.9


def test_savedmodel_is_read_back_the_same(tiny: Path, tmp_path: Path) -> None:
    bench = Bench(("model=itemknn",), tiny)
    path = export_formats.write(bench.model, "savedmodel", tmp_path)
    histories = some_histories(bench)
    expected = Ranker(bench.model, 4)(queries_of(histories))
    items, _ = export_formats.rank_each(export_formats.read(path), histories, 4)
    assert items.tolist() == expected.items.tolist()
    graph = tf.saved_model.load(str(path)).signatures["serving_default"]
    output = graph(history=tf.constant(padded(histories)[0]), k=tf.constant(4))
    assert output["items"].numpy().tolist() == expected.items.tolist()


def test_fewer_bits_take_fewer_bytes(tmp_path: Path) -> None:
    """Of a catalogue large enough that weights matter."""
    model = EASE()
    model.catalogue = Fixed(np.zeros((1, 300))).catalogue
    model.weights = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
    full, half, quarter = (
        export_formats.size(export_formats.write(model, format, tmp_path))
        for format in export_formats.FILES
    )
    assert full > model.weights.nbytes
    assert half < 0.6 * full
    assert quarter < 0.4 * full


def test_a_model_without_a_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^model=fixed cannot be exported: it has no graph"):
        export_formats.write(Fixed(different_scores(1, 4)), "savedmodel", tmp_path)


def test_a_graph_that_lite_lacks_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def determinant(model: Model, batch: int | None = None) -> Any:
        module = tf.Module()
        square = tf.function(lambda history: tf.linalg.det(history))
        module.recommend = square.get_concrete_function(
            history=tf.TensorSpec([1, 4, 4], tf.float32, "history")
        )
        return module

    monkeypatch.setattr(export_formats, "export_graph", determinant)
    with pytest.raises(DataError, match=r"cannot be written as int8: TensorFlow Lite has no .*Det"):
        export_formats.write(Fixed(different_scores(1, 4)), "int8", tmp_path)


def export_settings(*overrides: str) -> ExportSettings:
    config = composed("run=any", *overrides, root="export")
    return checked(config, trains=False, root=ExportSettings)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("formats=[onnx]", r"some of savedmodel, float16, int8. Received: \['onnx'\]"),
        ("formats=[]", r"some of savedmodel, float16, int8"),
        ("formats=[int8,int8]", r"some of savedmodel, float16, int8"),
        ("sample=0", "sample must be 1 or more. Received: 0"),
        ("sample=some", "sample"),
    ],
)
def test_check_refuses(bad: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        export_settings(bad)


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("{}")  # no export by its name alone
    with pytest.raises(ConfigError, match=r"no export wrote.*export.json.*name another folder"):
        export_settings(f"folder={tmp_path}")
    assert export_settings(f"folder={tmp_path / 'new'}").folder == str(tmp_path / "new")


def test_keys_of_the_command_are_those_of_its_root() -> None:
    own = {field.name for field in fields(ExportSettings)} - {
        field.name for field in fields(RunSettings)
    }
    file = yaml.safe_load((CONF / "export.yaml").read_text())
    assert own == file.keys() - {"defaults"}


@pytest.fixture(scope="module")
def exported(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A run that has a model, and its command."""
    path = tmp_path_factory.mktemp("exports")
    bench = Bench(("model=itemknn",), tiny)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}/mlflow.db")
        patch.chdir(path)
        with Tracking().run("trained", {}, path / "train") as log:
            log.dataset("csv", bench.parts().dataset.load().digest, {})
            log.model(bench.save(path / "model"), example(bench.model.catalogue))
            trained = log.run_id
        own = {"run": trained, "sample": 30, "folder": str(path / "out")}
        own["formats"] = ["savedmodel", "int8"]
        config = OmegaConf.to_container(composed(*bench.overrides), resolve=True)
        assert isinstance(config, dict)
        whole = {str(key): value for key, value in (config | own).items()}
        settings = checked(OmegaConf.create(whole), trains=False, root=ExportSettings)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            command.run(settings, invocation(ComposedConfig(whole, [], {}, path / "export")))
        (run,) = mlflow.search_runs(
            search_all_experiments=True,
            filter_string="tags.`lrec.command` = 'export'",
            output_format="list",
        )
        n_items = bench.model.catalogue.n_items
        yield SimpleNamespace(
            trained=trained,
            run=run,
            folder=path / "out",
            n_items=n_items,
            printed=printed.getvalue(),
        )


def test_export_is_a_child_run_with_files_and_losses(exported: SimpleNamespace) -> None:
    run = exported.run
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.parentRunId"] == exported.trained
    assert "| format | size | p50 | all |" in run.data.tags["mlflow.note.content"]
    *_, show, recommend, serve = exported.printed.splitlines()
    assert shlex.split(show)[1:5] == [
        *["saved_model_cli", "show", "--dir"],
        f"{exported.folder}/savedmodel",
    ]
    assert f"run={exported.trained[:8]}" in recommend
    assert f"runs:/{exported.trained}/model" in serve
    metrics = run.data.metrics
    for format in ("lrec", "savedmodel", "int8"):
        assert metrics[f"{format}/users/all"] == 30
        assert metrics[f"{format}/bytes"] > 0
        assert 0 < metrics[f"{format}/p50_ms"] <= metrics[f"{format}/p99_ms"]
    for bucket in ("all", "tail", "torso", "head"):
        name = f"ndcg_at_10/{bucket}"
        assert metrics[f"savedmodel/{name}"] == metrics[f"lrec/{name}"]
        degradation = metrics[f"lrec/{name}"] - metrics[f"int8/{name}"]
        assert metrics[f"int8/lost/{name}"] == pytest.approx(degradation)
        assert abs(degradation) < 0.1
    kept = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/export")
    files = {str(p.relative_to(kept)) for p in Path(kept).rglob("*") if p.is_file()}
    assert {"int8.tflite", "savedmodel/saved_model.pb", "items.json", "export.csv"} <= files


def test_folder_holds_item_ids_and_metrics_of_formats(
    exported: SimpleNamespace,
) -> None:
    facts = json.loads((exported.folder / "export.json").read_text())
    assert facts["run"] == exported.trained
    assert facts["model"] == "itemknn"
    ids = json.loads((exported.folder / "items.json").read_text())["ids"]
    assert len(ids) == exported.n_items
    assert all(name.startswith("thing-") for name in ids)
    table = pd.read_csv(exported.folder / "export.csv", index_col="format")
    assert list(table.index) == ["lrec", "savedmodel", "int8"]
    for format, values in facts["formats"].items():
        assert table.loc[format, "recall_at_20/tail"] == values["recall_at_20/tail"]
    assert foreign(exported.folder) is None
    listed = json.loads((exported.folder / MANIFEST).read_text())["files"]
    assert {"export.json", "export.csv", "items.json", "int8.tflite"} <= listed.keys()
    sizes = table["bytes"].to_dict()
    assert sizes["int8"] == (exported.folder / "int8.tflite").stat().st_size


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "run is needed: lrec export run=RUN_ID"),
        (["run=any", "seed=2"], "export can change bucket, tracking, k, formats, sample, folder"),
    ],
    ids=["no run", "seed"],
)
def test_export_refuses_in_one_line(
    arguments: list[str], words: str, lrec: CommandLine, tmp_path: Path
) -> None:
    result = lrec(tmp_path, "export", *arguments)
    assert result.rc == 2
    assert words in result.complaint
