"""The served model: valid and invalid requests, to MLflow's server or to its functions."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from helpers.bench import Bench
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server

from lrec.base.errors import ConfigError
from lrec.data.interactions import ItemFeatures
from lrec.evaluation.ranking import Ranker
from lrec.evaluation.recommender import Recommender, example
from lrec.evaluation.requests import RequestBatch
from lrec.model import Model
from lrec.tracking import Tracking, serving

BIN = Path(sys.executable).parent
A, B, C, D = "thing-00", "thing-02", "thing-04", "thing-06"
Recommendation = dict[str, Any]


@pytest.fixture(scope="module")
def ease(tiny: Path) -> Bench:
    return Bench(("model=ease",), tiny)


@pytest.fixture(scope="module")
def folder(ease: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ease.save(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def recommender(folder: Path) -> Recommender:
    return Recommender(folder)


def recommend(
    recommender: Recommender, rows: list[dict[str, Any]], **params: Any
) -> list[Recommendation]:
    response = recommender.predict(pd.DataFrame(rows), params)
    assert len(response) == len(rows)
    return list(response.to_dict("records"))


class InProcess:
    """The function that MLflow's server runs for each request, in this process."""

    def __init__(self, model: str) -> None:
        self.model = mlflow.pyfunc.load_model(model)

    def post(self, body: bytes, kind: str = "application/json") -> tuple[int, dict[str, Any]]:
        schema = self.model.metadata.get_input_schema()
        try:
            response = scoring_server.invocations(body, kind, self.model, schema)
        except MlflowException as error:
            return error.get_http_status_code(), json.loads(error.serialize_as_json())
        return response.status, self.read(response.response)

    def recommend(self, *rows: dict[str, Any], **params: Any) -> list[Recommendation]:
        body = {"dataframe_records": list(rows), "params": params}
        status, response = self.post(json.dumps(body).encode())
        assert status == 200, response
        predictions: list[Recommendation] = response["predictions"]
        return predictions

    @staticmethod
    def read(text: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(text) if text.startswith("{") else {"message": text}
        return document


class Server(InProcess):
    """`mlflow models serve` on a free port, in a folder that has nothing to do with lrec."""

    def __init__(self, model: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        command = [BIN / "mlflow", "models", "serve", "-m", model, "--env-manager", "local"]
        self.output = folder / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [*command, "--port", self.address.rpartition(":")[2]],
                cwd=folder,
                env=os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
                start_new_session=True,
                stdout=output,
                stderr=output,
            )

    def wait(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.address}/ping", timeout=5)
                return
            except OSError:
                assert self.process.poll() is None, self.output.read_text()
                time.sleep(0.2)
        raise AssertionError(self.output.read_text())

    def post(self, body: bytes, kind: str = "application/json") -> tuple[int, dict[str, Any]]:
        url, headers = f"{self.address}/invocations", {"Content-Type": kind}
        try:
            request = urllib.request.Request(url, body, headers)
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, self.read(response.read().decode())
        except urllib.error.HTTPError as error:
            return error.code, self.read(error.read().decode())

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def logged(ease: Bench, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Id of a run that has the model."""
    path = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}/mlflow.db")
        patch.chdir(path)
        with Tracking().run("served", {}, path / "run") as log:
            log.model(folder, example(ease.model.catalogue))
            assert log.run_id is not None
            run_id = log.run_id
        yield run_id


@pytest.fixture(
    scope="module",
    params=["in process", pytest.param("mlflow models serve", marks=pytest.mark.slow)],
)
def server(
    request: pytest.FixtureRequest, logged: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcess]:
    model = f"runs:/{logged}/model"
    if request.param == "in process":
        yield InProcess(model)
        return
    server = Server(model, tmp_path_factory.mktemp("elsewhere"))
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def test_served_lists_are_those_of_the_ranker(server: InProcess, ease: Bench) -> None:
    split = ease.split
    queries = split.test.take(np.flatnonzero(split.test.history.lengths > 0)[:7])
    queries = replace(queries, target=replace(queries.target, user=np.full(7, -1, np.int32)))
    ids = split.catalogue.ids
    expected = Ranker(ease.model, 5)(queries)
    rows = np.split(ids[queries.history.item], queries.history.offsets[1:-1])
    responses = server.recommend(*({"history": row.tolist()} for row in rows), k=5)
    assert [response["items"] for response in responses] == ids[expected.items].tolist()
    for response, scores in zip(responses, expected.scores, strict=True):
        np.testing.assert_allclose(response["scores"], scores, rtol=0, atol=1e-5)


def test_served_lists_keep_to_the_filters(server: InProcess) -> None:
    plain, without, chosen, both = server.recommend(
        {"history": [A]},
        {"history": [A], "exclude": [B, "nothing"]},
        {"history": [A], "only": [C, B, A, "nothing"]},
        {"history": [A], "only": [B, C], "exclude": [B]},
        k=40,
    )
    assert A not in plain["items"]
    assert without["items"] == [item for item in plain["items"] if item != B]
    assert chosen["items"] == [item for item in plain["items"] if item in (B, C)]
    assert both["items"] == [C]
    (again,) = server.recommend({"history": [A], "only": [A, B]}, repeat=True)
    assert set(again["items"]) == {A, B}
    assert server.recommend({"history": [A], "only": []})[0]["items"] == []


def test_served_users_without_known_items_get_popular_items_and_a_mark(
    server: InProcess, ease: Bench
) -> None:
    known, mixed, unknown, empty = server.recommend(
        {"history": [A]}, {"history": [A, "nothing"]}, {"history": ["nothing"]}, {"history": []}
    )
    assert [row["personalised"] for row in (known, mixed, unknown, empty)] == [
        True,
        True,
        False,
        False,
    ]
    assert [row["ignored"] for row in (known, mixed, unknown, empty)] == [0, 1, 1, 0]
    assert known["items"] == mixed["items"]
    assert unknown["items"] == empty["items"]
    catalogue = ease.split.catalogue
    popularity = dict(zip(catalogue.ids.tolist(), catalogue.popularity.tolist(), strict=False))
    assert empty["scores"] == [popularity[item] for item in empty["items"]]
    assert empty["scores"] == sorted(popularity.values(), reverse=True)[:10]


def test_served_example_is_the_logged_one(server: InProcess, logged: str) -> None:
    path = mlflow.artifacts.download_artifacts(f"runs:/{logged}/model")
    status, response = server.post((Path(path) / "serving_input_example.json").read_bytes())
    assert status == 200
    several, filtered, empty = response["predictions"]
    assert several["personalised"]
    assert len(filtered["items"]) == 3
    assert not empty["personalised"]


def test_served_other_forms_of_the_request(server: InProcess) -> None:
    (expected,) = server.recommend({"history": [A]}, k=3)
    for body in (
        {"inputs": {"history": [A]}},
        {"dataframe_split": {"columns": ["history"], "data": [[[A]]]}},
        {"dataframe_records": [{"history": [A], "ratings": [4]}]},
    ):
        status, response = server.post(json.dumps({**body, "params": {"k": 3}}).encode())
        assert (status, response["predictions"]) == (200, [expected])


def test_served_request_without_rows_has_a_response_without_rows(server: InProcess) -> None:
    for columns in (["history"], ["history", "ratings", "exclude", "only"]):
        body = {"dataframe_split": {"columns": columns, "data": []}}
        status, response = server.post(json.dumps(body).encode())
        assert (status, response) == (200, {"predictions": []})


def record(**cells: Any) -> dict[str, Any]:
    return {"dataframe_records": [{"history": [A], **cells}]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "valid JSON"),
        (b"nonsense", "valid JSON"),
        (b"\xff" * 2_000_000, "valid JSON"),
        (b"[]", "JSON dictionary"),
        ({"histories": [[A]]}, "exactly one of the input fields"),
        ({"dataframe_records": []}, "missing inputs ['history']"),
        ({"dataframe_records": [{"histroy": [A]}]}, "missing inputs ['history']"),
        (record(history=None), "history must be a list of ids. Received: None in row 0"),
        (record(history=A), "history"),
        (record(history=[[A]]), "history must be a list of ids. Received: [['thing-00']] in row 0"),
        (record(history=[A, None]), "history must be a list of ids"),
        (record(history=[float("nan")]), "history must be a list of ids"),
        (record(history=[True]), "history must be a list of ids"),
        (record(history={"a": 1}), "history"),
        (record(exclude=A), "exclude must be a list of ids. Received: 'thing-00' in row 0"),
        (record(only=[1.5]), "only must be a list of ids"),
        (record(ratings=[4, 5]), "as many as the history has items, 1. Received: 2 in row 0"),
        (record(ratings=["good"]), "ratings must be a list of numbers"),
        (record(ratings=[float("inf")]), "ratings must be finite"),
        (record(ratings=[-1e39]), "ratings must be finite, as a float32. Received: -1e+39"),
        (record(ratings=[10**400]), "ratings must be finite, as a float32. Received: 1000"),
        ({**record(), "params": {"k": 0}}, "k must be 1 or more. Received: 0"),
        ({**record(), "params": {"k": -5}}, "k must be 1 or more. Received: -5"),
        ({**record(), "params": {"k": None}}, "k must be 1 or more. Received: None"),
        ({**record(), "params": {"k": "ten"}}, "for value `ten`"),
        ({**record(), "params": {"k": 2.5}}, "for value `2.5`"),
        ({**record(), "params": {"repeat": "yes"}}, "for value `yes`"),
        ({**record(), "params": [3]}, "Parameters must be a dictionary"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:60],
)
def test_served_refusals_are_4xx_with_the_reason(server: InProcess, body: Any, words: str) -> None:
    status, response = server.post(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert 400 <= status < 500
    assert words in response["message"]
    assert "stack_trace" not in response
    assert server.recommend({"history": [A]})  # and goes on


# Where a number may stand in a request.
PLACES = (
    '{"dataframe_records": [{"history": ["thing-00", N]}]}',
    '{"dataframe_records": [{"history": ["thing-00"], "ratings": [N]}]}',
    '{"dataframe_records": [{"history": ["thing-00"], "exclude": [N], "only": N}]}',
    '{"dataframe_records": [{"history": ["thing-00"]}], "params": {"k": N}}',
    '{"dataframe_records": [{"history": ["thing-00"]}], "params": {"repeat": N, "other": N}}',
    '{"dataframe_split": {"columns": ["history"], "index": [N], "data": [[["thing-00"]]]}}',
    '{"dataframe_split": {"columns": ["history", N], "data": [[["thing-00"], N]]}}',
    '{"inputs": N}',
    '{"instances": [N]}',
    "N",
)
NUMBERS = (
    *("9" * 5000, "-" + "9" * 5000, "1" * 4300, "1" + "0" * 400, "1e400", "-1e999999999999"),
    *("NaN", "Infinity", "-Infinity", "1e-400", "-0", "-0.0", "0." + "1" * 5000, "2.5", "1e19"),
    *("9223372036854775808", "-9223372036854775809", "0x10", "01", "1.", "true", "null"),
    *("[1]", "{}", "[" * 100_000, '{"a":' * 100_000),
)


@pytest.mark.parametrize("place", PLACES)
def test_served_hostile_numbers_are_answered_or_refused(server: InProcess, place: str) -> None:
    for number in NUMBERS:
        status, response = server.post(place.replace("N", number).encode())
        assert status == 200 or (400 <= status < 500 and response["message"]), number[:20]
    status, response = server.post(place.replace("N", "9" * 5000).encode())
    assert status == 400
    assert "the request cannot be read: Exceeds the limit (4300 digits)" in response["message"]
    assert server.recommend({"history": [A]})  # and goes on


def test_served_content_of_another_type_is_refused(server: InProcess) -> None:
    status, response = server.post(b"<history/>", "text/xml")
    assert status == 415
    assert "only supports" in response["message"]


def test_signature_is_logged_and_only_lrec_runs_at_loading(logged: str) -> None:
    path = Path(mlflow.artifacts.download_artifacts(f"runs:/{logged}/model"))
    meta = yaml.safe_load((path / "MLmodel").read_text())
    flavor = meta["flavors"]["python_function"]
    assert meta["flavors"].keys() == {"python_function"}
    assert (flavor["loader_module"], flavor["code"]) == ("lrec.tracking.serving", None)
    assert {file.suffix for file in (path / "data").rglob("*.*")} == {".json", ".npz"}
    signature = mlflow.models.get_model_info(f"runs:/{logged}/model").signature
    assert signature.inputs.input_names() == ["history", "ratings", "exclude", "only"]
    assert signature.inputs.required_input_names() == ["history"]
    assert signature.outputs.input_names() == [
        "items",
        "scores",
        "personalised",
        "ignored",
        "titles",
    ]
    assert {p.name: p.default for p in signature.params} == {"k": 10, "repeat": False}


def test_a_row_may_leave_out_what_others_have(recommender: Recommender) -> None:
    first, second = recommend(recommender, [{"history": [A], "only": [B]}, {"history": [A]}])
    assert first["items"] == [B]
    assert second == recommend(recommender, [{"history": [A]}])[0]
    for nothing in (None, float("nan"), pd.NA):
        left_out = recommend(recommender, [{"history": [A], "only": nothing, "ratings": nothing}])
        assert left_out == [second]


def test_lists_have_k_items_and_begin_alike(recommender: Recommender) -> None:
    lists = {
        k: recommend(recommender, [{"history": [A, B]}], k=k)[0] for k in (1, 3, 16, 17, 10**9)
    }
    longest = lists[10**9]["items"]
    assert len(longest) == recommender.n_items - 2
    for k, response in lists.items():
        assert response["items"] == longest[:k]
        assert response["scores"] == sorted(response["scores"], reverse=True)


def test_responses_without_rows_have_the_same_columns(recommender: Recommender) -> None:
    some = recommender.predict(pd.DataFrame({"history": [[A]], "only": [[B]]}))
    none = recommender.predict(pd.DataFrame({"history": [], "only": []}))
    assert len(none) == 0
    assert none.columns.tolist() == some.columns.tolist()


@pytest.mark.parametrize("k", ["5", 2.5, float("inf"), float("nan"), [3]])
def test_lengths_that_are_no_whole_numbers_are_refused(recommender: Recommender, k: Any) -> None:
    with pytest.raises(ValueError, match=r"^k must be a whole number. Received: "):
        recommend(recommender, [{"history": [A]}], k=k)


def test_few_graphs_serve_all_lengths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(Ranker):
        def __init__(self, model: Model, k: int) -> None:
            made.append(k)
            super().__init__(model, k)

    monkeypatch.setattr("lrec.evaluation.approximate.approximate_ranker.Ranker", Counted)
    recommender = Recommender(folder)
    for k in (10, 1, 7, 12, 16, 17, 25, 32):
        recommend(recommender, [{"history": [A]}], k=k)
    assert made == [16, 32]


def test_threads_get_the_responses_of_their_own_requests(folder: Path) -> None:
    recommender = Recommender(folder)
    requests = [([f"thing-{item:02d}"], 1 + item) for item in range(24)]

    def response(request: tuple[list[str], int]) -> Recommendation:
        return recommend(recommender, [{"history": request[0]}], k=request[1])[0]

    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(response, requests))
    assert at_once == [response(request) for request in requests]


def test_many_rows_get_the_lists_of_each_alone(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"history": [f"thing-{i % 40:02d}"], "exclude": [B]} for i in range(50)]
    monkeypatch.setattr(
        "lrec.evaluation.ranking.user_batches.SCORES_A_BATCH", 7 * recommender.n_items
    )
    at_once = recommend(recommender, rows, k=4)
    assert [row["items"] for row in at_once] == [
        recommend(recommender, [row], k=4)[0]["items"] for row in rows
    ]


def test_numbers_are_ids_as_text(recommender: Recommender) -> None:
    recommender = copy(recommender)
    recommender.codes = {"7": 0, "8": 1}
    known, mixed = recommend(recommender, [{"history": [7]}, {"history": ["7", 9]}])
    assert (known["ignored"], mixed["ignored"]) == (0, 1)
    assert known["items"] == mixed["items"]


def test_ratings_stay_with_their_items() -> None:
    frame = pd.DataFrame(
        {
            "history": [[A, "nothing", B], [B], [], np.array([A])],
            "ratings": [[5, 1.5, None], None, [], float("nan")],
        }
    )
    batch = RequestBatch(frame, {A: 0, B: 1})
    assert batch.history.item.tolist() == [0, 1, 1, 0]
    assert batch.history.rating is not None
    np.testing.assert_array_equal(batch.history.rating, [5, np.nan, np.nan, np.nan])
    assert batch.ignored.tolist() == [1, 0, 0, 0]
    assert RequestBatch(frame[["history"]], {A: 0, B: 1}).history.rating is None


def test_titles_are_shown_where_there_are_any(recommender: Recommender, folder: Path) -> None:
    assert "titles" not in recommend(recommender, [{"history": [A]}])[0]
    titled = Recommender(folder)
    titles = np.array([f"The {item}" for item in titled.model.catalogue.ids])
    titled.model.catalogue = replace(titled.model.catalogue, features=ItemFeatures(titles=titles))
    (response,) = recommend(titled, [{"history": [A]}])
    assert response["titles"] == [f"The {item}" for item in response["items"]]


def test_refusal_in_python_is_mlflows_own_error(folder: Path) -> None:
    with pytest.raises(MlflowException, match=r"^k must be 1 or more. Received: 0$") as error:
        serving.ServedModel(folder).predict(pd.DataFrame({"history": [[A]]}), {"k": 0})
    assert error.value.get_http_status_code() == 400


def test_loaded_model_searches_if_it_is_told_to(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("voyager")
    bench = Bench(("model=ials",), tiny)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    with Tracking().run("served", {}, tmp_path / "run") as log:
        log.model(bench.save(tmp_path / "model"), example(bench.model.catalogue))
    uri, frame = f"runs:/{log.run_id}/model", pd.DataFrame({"history": [[A], [B, C]]})
    wanted = mlflow.pyfunc.load_model(uri).predict(frame)
    with caplog.at_level(logging.INFO, "mlflow.lrec"):
        found = mlflow.pyfunc.load_model(uri, model_config={"retrieval": "hnsw"}).predict(frame)
    assert found["items"].tolist() == wanted["items"].tolist()
    record = next(one for one in caplog.records if one.name == "mlflow.lrec")
    assert record.getMessage().startswith("retrieval=hnsw: recall@16 1.000")
    with pytest.raises(ConfigError, match="retrieval must be exact or hnsw"):
        mlflow.pyfunc.load_model(uri, model_config={"retrieval": "faiss"})
