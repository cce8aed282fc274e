"""What MLflow loads and serves as a run's model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.evaluation.recommender import Recommender

if TYPE_CHECKING:
    import pandas as pd


class ServedModel:
    """A recommender that refuses as MLflow's server wants it.

    Args:
        folder: where `lrec.model.common.saving` saved the model.
    """

    def __init__(self, folder: Path) -> None:
        self.recommender = Recommender(folder)

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Recommend, see `lrec.evaluation.recommender.Recommender.predict`.

        Raises:
            MlflowException: the request cannot be answered; MLflow's server makes it a 400 that
                says why.
        """
        from mlflow.exceptions import MlflowException

        try:
            return self.recommender.predict(model_input, params)
        except ValueError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None


def _load_pyfunc(path: str) -> ServedModel:
    """MLflow's entry point."""
    return ServedModel(Path(path))
