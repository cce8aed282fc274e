"""The MLflow pyfunc: histories of item ids in, ranked item ids out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.data import Histories, Queries
from lrec.ranking import Ranker
from lrec.store import load

if TYPE_CHECKING:
    import pandas as pd


class Recommender:
    """What `mlflow.pyfunc.load_model` gives for a run's model."""

    def __init__(self, folder: Path) -> None:
        self.model = load(folder)
        self.codes = {str(item): code for code, item in enumerate(self.model.catalogue.ids)}

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """Recommend.

        Args:
            model_input: column `history`, each cell a list of item ids, oldest first. Ids that the
                model does not know are ignored.
            params: `k`, the length of the lists.

        Returns:
            A DataFrame of the same length with columns `items` (ids, best first) and `scores`.
        """
        import pandas as pd

        k = int((params or {}).get("k", 10))
        histories = [
            [self.codes[str(item)] for item in row if str(item) in self.codes]
            for row in model_input["history"]
        ]
        asked = Histories.of(histories)
        nothing = Histories.of([[] for _ in histories])
        ranked = Ranker(self.model, k)(Queries(history=asked, known=asked, target=nothing)).items
        scores = np.take_along_axis(np.asarray(self.model.score(asked)), ranked, axis=1)
        ids = self.model.catalogue.ids
        return pd.DataFrame(
            {
                "items": [[str(ids[i]) for i in row if i >= 0] for row in ranked],
                "scores": [
                    [float(s) for s, i in zip(values, row, strict=True) if i >= 0]
                    for values, row in zip(scores, ranked, strict=True)
                ],
            }
        )


def _load_pyfunc(path: str) -> Recommender:
    """MLflow's entry point."""
    return Recommender(Path(path))
