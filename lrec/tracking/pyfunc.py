"""A trained model as MLflow keeps and serves it: what goes in, what comes out, how it refuses."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

# Parameters of a question, and what they are where it does not name them.
PARAMS = {"k": 10, "repeat": False}


def log(run_id: str, folder: str, example: Mapping[str, Sequence[Any]]) -> None:
    """Log what `lrec.serving` reads as the run's model.

    Args:
        folder: that `lrec.store` saved the model in.
        example: columns of an input.
    """
    import pandas as pd
    from mlflow.models import Model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Model.log(
            artifact_path=None,
            name="model",
            flavor=Flavor,
            run_id=run_id,
            loader_module="lrec.serving",
            data_path=folder,
            signature=signature(),
            input_example=pd.DataFrame(dict(example)),
            validate_serving_input=False,  # it would load the model, and wait for its answer
            pip_requirements=[f"lrec=={version('lrec')}"],
        )


class Flavor:
    """MLflow's pyfunc, which does not know that an input example can be left unanswered."""

    @staticmethod
    def save_model(validate_serving_input: bool, **arguments: Any) -> None:
        from mlflow import pyfunc

        pyfunc.save_model(**arguments)


def signature() -> Any:
    """What `lrec.serving.Recommender.predict` takes and gives.

    MLflow would take no number for an id, no 4 for a rating and no row that leaves a filter out:
    what the lists hold is left to lrec to check.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType, Array, DataType

    optional = [ColSpec(AnyType(), name, required=False) for name in ("ratings", "exclude", "only")]
    answer = {
        "items": Array(DataType.string),
        "scores": Array(DataType.double),
        "own": DataType.boolean,
        "ignored": DataType.long,
    }
    titles = ColSpec(Array(DataType.string), "titles", required=False)
    kinds = {int: DataType.long, bool: DataType.boolean}
    return ModelSignature(
        inputs=Schema([ColSpec(Array(AnyType()), "history"), *optional]),
        outputs=Schema([*(ColSpec(kind, name) for name, kind in answer.items()), titles]),
        params=ParamSchema([ParamSpec(k, kinds[type(v)], v) for k, v in PARAMS.items()]),
    )


def refusal(reason: str) -> Exception:
    """What a model raises so that MLflow's server answers 400 and says why."""
    from mlflow.exceptions import MlflowException

    refused: Exception = MlflowException.invalid_parameter_value(reason)
    return refused
