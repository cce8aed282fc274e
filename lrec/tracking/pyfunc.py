"""A trained model in MLflow's format: its files, its inputs and its outputs."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.base.config import plugins
from lrec.evaluation.recommender import PARAMS
from lrec.tracking.serving import SETTINGS


def log(client: Any, run_id: str, folder: str, example: Mapping[str, Sequence[Any]]) -> str:
    """Log a saved model, to be served by `lrec.tracking.serving`; return MLflow's id of it.

    `mlflow.pyfunc.log_model` would query the store for the history of each of the run's hundreds of
    metrics, one after the other.

    Args:
        client: an `MlflowClient`.
        folder: written by `lrec.model.common.saving`.
        example: columns of an input example.
    """
    from importlib.metadata import version

    import pandas as pd
    from mlflow import pyfunc
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    run = client.get_run(run_id)
    source = {
        k: v for k, v in run.data.tags.items() if k.startswith(("mlflow.source", "mlflow.user"))
    }
    model = client.create_logged_model(
        run.info.experiment_id, "model", run_id, tags=source, params=run.data.params
    )
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings(), _unchecked():
        warnings.simplefilter("ignore")
        path = Path(temporary) / "model"
        pyfunc.save_model(
            path,
            mlflow_model=Model(
                artifact_path=model.artifact_location,
                run_id=run_id,
                model_uuid=model.model_id,
                model_id=model.model_id,
            ),
            loader_module="lrec.tracking.serving",
            data_path=folder,
            signature=signature(),
            model_config=dict(SETTINGS),
            input_example=pd.DataFrame(dict(example)),
            pip_requirements=[f"lrec=={version('lrec')}", *_plugin_requirements()],
        )
        client.log_model_artifacts(model.model_id, str(path))
    client.finalize_logged_model(model.model_id, "READY")
    return str(model.model_id)


def _plugin_requirements() -> list[str]:
    """The plugins of this process that are installed."""
    from importlib.metadata import packages_distributions, version

    named = plugins.packages()
    known = packages_distributions() if named else {}
    return [f"{name}=={version(name)}" for package in named for name in known.get(package, [])]


@contextlib.contextmanager
def _unchecked() -> Iterator[None]:
    """A block in which MLflow does not look through all installed packages for the requirements.

    It would, for half a second, to warn where a version is another one: they are lrec as it runs.
    """
    from mlflow.utils import environment

    check = environment.warn_dependency_requirement_mismatches
    environment.warn_dependency_requirement_mismatches = lambda requirements: None
    try:
        yield
    finally:
        environment.warn_dependency_requirement_mismatches = check


def signature() -> Any:
    """Inputs and outputs of `lrec.evaluation.recommender.Recommender.predict`.

    A stricter schema would refuse numbers as ids, 4 as a rating and rows without a filter, so the
    contents of lists are left to lrec to check.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType, Array, DataType

    optional = [ColSpec(AnyType(), name, required=False) for name in ("ratings", "exclude", "only")]
    outputs = {
        "items": Array(DataType.string),
        "scores": Array(DataType.double),
        "personalised": DataType.boolean,
        "ignored": DataType.long,
    }
    titles = ColSpec(Array(DataType.string), "titles", required=False)
    types = {int: DataType.long, bool: DataType.boolean}
    return ModelSignature(
        inputs=Schema([ColSpec(Array(AnyType()), "history"), *optional]),
        outputs=Schema([*(ColSpec(kind, name) for name, kind in outputs.items()), titles]),
        params=ParamSchema([ParamSpec(k, types[type(v)], v) for k, v in PARAMS.items()]),
    )
