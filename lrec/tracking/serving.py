"""The model of a run as MLflow loads and serves it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.base.silence import silenced
from lrec.evaluation.recommender import Recommender

if TYPE_CHECKING:
    import pandas as pd


class ServedModel:
    """A recommender with the errors that MLflow's server expects.

    Args:
        folder: written by `lrec.model.common.saving`.
    """

    def __init__(self, folder: Path) -> None:
        self.recommender = Recommender(folder)

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Recommend, see `lrec.evaluation.recommender.Recommender.predict`.

        Raises:
            MlflowException: the request is invalid; MLflow's server responds with status 400 and
                the reason.
        """
        from mlflow.exceptions import MlflowException

        try:
            return self.recommender.predict(model_input, params)
        except ValueError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None


def _load_pyfunc(path: str) -> ServedModel:
    """MLflow's entry point; what TensorFlow's libraries write when they are loaded is hidden."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced():
        return ServedModel(Path(path))
