"""Runs in MLflow. The only file that imports mlflow."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrec.errors import one_line

PARENT = "LREC_PARENT_RUN_ID"  # how a sweep tells its jobs their parent run
LIBRARIES = ("lrec", "tensorflow", "keras", "numpy", "pandas", "mlflow", "hydra-core")
WITHOUT = {"model": ", or tracking.log_model was false"}  # why an artifact may be missing
BATCH = 1000  # metrics that MLflow takes at once


class Interrupted(BaseException):
    """The run was told to stop from outside; carries the exit status."""


class Tracking:
    """Where runs are kept: MLflow, at `$MLFLOW_TRACKING_URI` or in mlflow.db of this folder.

    Args:
        experiment: MLflow experiment.
        run_name: null means the model's name and seed.
        keep_user_ids: artifacts hold original user ids instead of pseudonyms.
        log_model: keep the trained model in the run, as a pyfunc.
    """

    def __init__(
        self,
        experiment: str = "lrec",
        run_name: str | None = None,
        keep_user_ids: bool = False,
        log_model: bool = True,
    ) -> None:
        if not experiment:
            raise ValueError(f"experiment needs a name. Received: {experiment!r}")
        self.experiment = experiment
        self.run_name = run_name
        self.keep_user_ids = keep_user_ids
        self.log_model = log_model

    def connect(self) -> Any:
        """MLflow with the experiment chosen, its store made where there is none.

        Raises:
            RuntimeError: the store cannot be reached or made.
        """
        for name in ("alembic", "mlflow", "mlflow.store.db.utils"):
            logging.getLogger(name).setLevel(logging.ERROR)
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        import mlflow

        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            mlflow.set_experiment(self.experiment)
        except Exception as error:
            raise RuntimeError(
                f"MLflow's store {mlflow.get_tracking_uri()} cannot be used: {one_line(error)} "
                "Set MLFLOW_TRACKING_URI to another, or mend this one."
            ) from error
        return mlflow

    def parent(self, name: str, tags: Mapping[str, str]) -> Parent:
        """Make a run that the next ones of this process, and of its children, belong to."""
        mlflow = self.connect()
        client = mlflow.MlflowClient()
        experiment = mlflow.get_experiment_by_name(self.experiment)
        run = client.create_run(
            experiment.experiment_id, run_name=self.run_name or name, tags=dict(tags)
        )
        os.environ[PARENT] = run.info.run_id
        return Parent(client, run.info.run_id)

    @contextlib.contextmanager
    def run(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> Iterator[Log]:
        """A run that ends FINISHED, FAILED (with the error in a tag) or KILLED, never RUNNING.

        Args:
            name: of the run, unless the config names one.
            parent: id of the parent run; by default a sweep's.
        """
        mlflow = self.connect()
        run = mlflow.start_run(
            run_name=self.run_name or name,
            parent_run_id=parent or os.environ.get(PARENT),
            tags=dict(tags),
        )
        status = "FAILED"
        try:
            yield Log(mlflow, run.info.run_id)
            status = "FINISHED"
        except (KeyboardInterrupt, SystemExit, Interrupted):
            status = "KILLED"
            raise
        except BaseException as error:
            mlflow.set_tag("lrec.error", one_line(error)[:5000])
            raise
        finally:
            mlflow.end_run(status)


@dataclass(frozen=True)
class Saved:
    """A finished run as it stands in the store.

    Attributes:
        data, digest: name and content of the data set it learnt from.
        seconds: from start to end.
    """

    id: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    data: str
    digest: str
    seconds: float

    @property
    def seed(self) -> int:
        return int(self.params.get("seed", 0))

    @property
    def trained(self) -> bool:
        """Whether it trained a model: sweeps, comparisons and the like do not."""
        return self.tags.get("lrec.command") == "train"


class Parent:
    """A run that holds others."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client = client
        self.run_id = run_id

    def file(self, path: Path) -> None:
        self._client.log_artifact(self.run_id, str(path))

    def end(self, status: str) -> None:
        self._client.set_terminated(self.run_id, status)
        os.environ.pop(PARENT, None)


class Log:
    """Writes to the active run."""

    def __init__(self, mlflow: Any, run_id: str) -> None:
        self._mlflow = mlflow
        self.run_id = run_id

    @property
    def uri(self) -> str:
        """The tracking store."""
        return str(self._mlflow.get_tracking_uri())

    @property
    def ui(self) -> str:
        """The command that shows the store in a browser, or the address of its server."""
        uri = self.uri
        if uri.startswith("http"):
            return uri
        default = uri == f"sqlite:///{Path.cwd() / 'mlflow.db'}" or uri == "sqlite:///mlflow.db"
        return "mlflow ui" if default else f"mlflow ui --backend-store-uri {uri}"

    def params(self, values: Mapping[str, Any]) -> None:
        self._mlflow.log_params({key: str(value)[:6000] for key, value in values.items()})

    def tags(self, values: Mapping[str, Any]) -> None:
        self._mlflow.set_tags({key: str(value) for key, value in values.items()})

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        items = list(values.items())
        for start in range(0, len(items), BATCH):
            self._mlflow.log_metrics(dict(items[start : start + BATCH]), step=step)

    def file(self, path: Path, folder: str | None = None) -> None:
        self._mlflow.log_artifact(str(path), folder)

    def dataset(self, name: str, digest: str, source: Mapping[str, str]) -> None:
        """The data that the run learnt from, by its content."""
        from mlflow.data.code_dataset_source import CodeDatasetSource
        from mlflow.data.meta_dataset import MetaDataset

        data = MetaDataset(CodeDatasetSource(dict(source)), name=name, digest=digest[:32])
        self._mlflow.log_input(data, context="training")

    def environment(self) -> None:
        """Versions of the libraries that decide the numbers, and lrec's own commit."""
        from importlib.metadata import version

        self.tags({f"version.{name}": version(name) for name in LIBRARIES})
        folder = Path(__file__).parent.parent
        if (folder / ".git").exists():
            import subprocess

            command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                commit = subprocess.run(command, capture_output=True, text=True, check=True)
                self.tags({"lrec.git_commit": commit.stdout.strip()})

    def model(self, folder: Path) -> None:
        """A saved model as a pyfunc that takes histories and returns ranked items."""
        from importlib.metadata import version

        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
        from mlflow.types.schema import Array, DataType

        signature = ModelSignature(
            inputs=Schema([ColSpec(Array(DataType.string), "history")]),
            outputs=Schema(
                [
                    ColSpec(Array(DataType.string), "items"),
                    ColSpec(Array(DataType.double), "scores"),
                ]
            ),
            params=ParamSchema([ParamSpec("k", DataType.long, 10)]),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._mlflow.pyfunc.log_model(
                name="model",
                loader_module="lrec.serving",
                data_path=str(folder),
                signature=signature,
                pip_requirements=[f"lrec=={version('lrec')}"],
            )


def finished(experiment: str, where: str = "", ids: Sequence[str] = ()) -> list[Saved]:
    """Finished runs of an experiment, newest first, or those named, in that order.

    Args:
        where: filter in MLflow's search language, for example `params.model = 'vae'`.

    Raises:
        RuntimeError: no such experiment or run, one that is not finished, or a malformed filter.
    """
    import mlflow
    from mlflow.exceptions import MlflowException

    client = mlflow.MlflowClient()
    if ids:
        return [_saved(_get_run(mlflow, run_id)) for run_id in ids]
    found = client.get_experiment_by_name(experiment)
    if found is None:
        raise RuntimeError(
            f"there is no experiment {experiment} in {mlflow.get_tracking_uri()}. Train first "
            "(lrec train), go where its mlflow.db is, or set MLFLOW_TRACKING_URI."
        )
    conditions = " and ".join(part for part in ("attributes.status = 'FINISHED'", where) if part)
    runs, token = [], None
    while True:
        try:
            page = client.search_runs([found.experiment_id], conditions, page_token=token)
        except MlflowException as error:
            raise RuntimeError(
                f"MLflow cannot read this filter: {one_line(error)} Received: {where}"
            ) from None
        runs += [_saved(run) for run in page]
        token = page.token
        if not token:
            return runs


def _saved(run: Any) -> Saved:
    if run.info.status != "FINISHED":
        raise RuntimeError(f"run {run.info.run_id} is {run.info.status}, and not FINISHED.")
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return Saved(
        id=run.info.run_id,
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        tags=dict(run.data.tags),
        data=inputs[0].dataset.name if inputs else "",
        digest=inputs[0].dataset.digest if inputs else "",
        seconds=(run.info.end_time - run.info.start_time) / 1000,
    )


def _get_run(mlflow: Any, run_id: str) -> Any:
    try:
        return mlflow.get_run(run_id)
    except Exception:
        raise RuntimeError(
            f"there is no run {run_id} in {mlflow.get_tracking_uri()}. Run ids are in the last "
            "line of lrec train and in the MLflow UI."
        ) from None


def fetch(run_id: str, artifact: str, folder: Path) -> Path:
    """Download an artifact of a run.

    Raises:
        RuntimeError: there is no such run, or it has no such artifact.
    """
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    _get_run(mlflow, run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = mlflow.artifacts.download_artifacts(
            artifact_uri=f"runs:/{run_id}/{artifact}", dst_path=str(folder)
        )
    except Exception:
        raise RuntimeError(
            f"run {run_id} has no {artifact}: it failed{WITHOUT.get(artifact, '')}, or its files "
            "were removed."
        ) from None
    return Path(found)
