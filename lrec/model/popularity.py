"""The items that most training users have, for everybody."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Arrays, Floats, Ints
from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common.export_scorer import ExportScorer
from lrec.model.common.protocols import Callback, Schedule, Strategy

DAY = 86_400


class Popularity(Model):
    """Score an item by the number of training users who have it: the simplest baseline.

    With a window, items are ordered by their interactions in the last days of the training data,
    equal ones by their popularity of all time; a score is then the rank in that order, from 0.

    Args:
        window: days; null means all time.

    Example:
        >>> import numpy as np
        >>> from lrec.data.histories import Histories
        >>> from lrec.data.interactions import Interactions
        >>> from lrec.data.split.leave_one_out import LeaveOneOut
        >>> data = Interactions(
        ...     user=np.repeat([0, 1, 2], 4),
        ...     item=np.array([0, 1, 2, 3, 0, 1, 3, 2, 0, 2, 1, 3]),
        ...     rating=None,
        ...     timestamp=np.arange(12),
        ...     user_ids=np.array(["ann", "bob", "cat"]),
        ...     item_ids=np.array(["bread", "butter", "milk", "jam"]),
        ... )
        >>> split = LeaveOneOut()(data)  # trains on the first two items of each user
        >>> model = Popularity()
        >>> model.fit(split)
        >>> model.catalogue.ids[: model.catalogue.n_items].tolist()
        ['bread', 'butter', 'milk']
        >>> model.score(Histories.of([[]])).tolist()
        [[3.0, 2.0, 1.0]]
    """

    name = "popularity"
    scores_empty = True
    seeded = False
    one_at_a_time = "its training takes less time than the start of a worker"

    def __init__(self, window: float | None = None) -> None:
        if window is not None and window <= 0:
            raise ValueError(f"window must be positive days. Received: {window}")
        self.window = window
        self.recent: Ints | None = None

    def fit(
        self,
        split: Split,
        schedule: Schedule | None = None,
        strategy: Strategy | None = None,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> None:
        """Count interactions of `split.train` only; the other arguments do not matter.

        Raises:
            DataError: there is a window, and the data has no clock.
        """
        self.catalogue = split.catalogue
        if self.window is None:
            return
        train = split.train
        if train.timestamp is None or not split.clock:
            raise DataError(
                "model.window counts the last days of the training data, and this data has no "
                "timestamps that are a clock. Use model.window=null, the popularity of all time."
            )
        late = train.timestamp > train.timestamp.max() - self.window * DAY
        self.recent = np.bincount(train.item[late], minlength=split.catalogue.n_items)

    def common_scores(self) -> Floats:
        scores = self.catalogue.popularity
        if self.recent is not None:
            # A rank is exact in float32, where a count and a fraction to break ties are not.
            pairs = self.recent * (scores.max(initial=0) + 1) + scores
            scores = np.unique(pairs, return_inverse=True)[1]
        return scores.astype(np.float32)

    def score(self, histories: Histories) -> Floats:
        return np.tile(self.common_scores(), (len(histories), 1))

    def export_scorer(self) -> ExportScorer:
        import tensorflow as tf

        scores = tf.Variable(self.score(Histories.of([[]])), trainable=False)
        return ExportScorer(lambda histories: tf.tile(scores, [histories.n_rows, 1]), [scores])

    def state(self) -> Arrays:
        return {} if self.recent is None else {"recent": self.recent}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.recent = state.get("recent")
