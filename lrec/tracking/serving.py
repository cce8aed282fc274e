"""The model of a run as MLflow loads and serves it."""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.base.errors import one_line
from lrec.base.silence import silenced
from lrec.evaluation.approximate.hnsw_index import EXACT
from lrec.evaluation.recommender import Recommender

if TYPE_CHECKING:
    import pandas as pd


SETTINGS = {"retrieval": EXACT}  # of a loaded model, which MLflow lets its user change


class ServedModel:
    """A recommender with the errors that MLflow's server expects.

    Args:
        folder: written by `lrec.model.common.saving`.
        retrieval: see `Recommender`.
    """

    def __init__(self, folder: Path, retrieval: str = EXACT) -> None:
        self.recommender = Recommender(folder, retrieval)

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


def refuse_unreadable_requests() -> None:
    """Let MLflow's server respond with status 400 to all JSON that it cannot read.

    It does so to malformed text only: a number of more digits than Python reads, lists nested too
    deeply and columns named by lists are its "internal server error".
    """
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import scoring_server

    read = scoring_server._parse_json_data
    if hasattr(read, "__wrapped__"):
        return

    @functools.wraps(read)
    def read_or_refuse(*arguments: Any) -> Any:
        try:
            return read(*arguments)
        except MlflowException:
            raise
        except Exception as error:
            why = f"the request cannot be read: {one_line(error)}"
            raise MlflowException.invalid_parameter_value(why) from None

    scoring_server._parse_json_data = read_or_refuse


def _load_pyfunc(path: str, model_config: dict[str, Any] | None = None) -> ServedModel:
    """MLflow's entry point; what TensorFlow's libraries write when they are loaded is hidden.

    Args:
        model_config: `SETTINGS`, as whoever loads the model changed them.
    """
    refuse_unreadable_requests()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced():
        model = ServedModel(Path(path), **{**SETTINGS, **(model_config or {})})
    if model.recommender.about_retrieval:
        logging.getLogger("mlflow.lrec").info(model.recommender.about_retrieval)
    return model
