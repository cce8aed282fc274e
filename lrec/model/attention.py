"""A causal transformer: SASRec and its descendants."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lrec.base.arrays import Array, Floats, Tensor
from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.export_scorer import ExportScorer
from lrec.model.common.losses import Loss, NextItemLoss, Sampling
from lrec.model.common.neural import Use, ragged_weights
from lrec.model.common.sequence import AnyBlock, SequenceModel

# Of blocks and of losses.
PAPERS: dict[str, tuple[str, ...]] = {
    "bsarec": ("shin2024bsarec",),
    "hstu": ("zhai2024hstu",),
    "ligr": ("tikhonovich2025esasrec", "zhai2024hstu"),
    "wearec": ("xu2026wearec",),
    "gbce": ("petrov2023gsasrec",),
    "sampled_softmax": ("klenitskiy2023dross",),
}


class Attention(SequenceModel):
    """Predicts the next item at every position of a history from the items up to there.

    Published variants: SASRec (Kang and McAuley 2018) is `block: sasrec, loss: bce, negatives: 1`;
    with `loss: sampled_softmax` it is as strong as newer models (Klenitskiy and Vasilev 2023);
    gSASRec (Petrov and Macdonald 2023) is `loss: gbce`; eSASRec (Tikhonovich et al. 2025) is
    `block: ligr, widen: 4, loss: sampled_softmax`; BSARec (Shin et al. 2024) is `block: bsarec,
    widen: 4, blocks: 2, targets: last, loss: softmax, temperature: null`, WEARec (Xu et al. 2026)
    the same with `block: wearec`, and HSTU (Zhai et al. 2024) `block: hstu, temperature: 0.05`.

    Args:
        embedding_size, blocks, heads, widen, block, dropout, max_length, temperature, item_vectors,
            filter_share, cutoff: see `SequenceModel`.
        loss, negatives, shared, sampling, logq, calibration: see `NextItemLoss`.
        times: True if `hstu` reads the time between items, where data have it.
        targets: `every`: an example is a history, and each of its items but the first is predicted
            from those before it, in one pass. `last`: an example is an item and the history before
            it, of which only the newest state is computed and learnt from; so filters may read
            both ways, as they were published.
    """

    name = "attention"
    papers: tuple[str, ...] = ("kang2018sasrec",)
    causal = True

    def __init__(
        self,
        embedding_size: int = 64,
        blocks: int = 1,
        heads: int = 1,
        widen: int = 1,
        block: AnyBlock = "sasrec",
        filter_share: float = 0.7,
        cutoff: int = 5,
        times: bool = True,
        targets: Literal["every", "last"] = "every",
        dropout: float = 0.2,
        max_length: int = 50,
        temperature: float | None = 0.1,
        loss: Loss = "sampled_softmax",
        negatives: int = 1024,
        shared: bool = True,
        sampling: Sampling = "uniform",
        logq: bool = False,
        calibration: float = 0.75,
        item_vectors: Use = "additional",
    ) -> None:
        super().__init__(
            embedding_size=embedding_size,
            blocks=blocks,
            heads=heads,
            widen=widen,
            block=block,
            dropout=dropout,
            max_length=max_length,
            temperature=temperature,
            item_vectors=item_vectors,
            filter_share=filter_share,
            cutoff=cutoff,
            loss=NextItemLoss(
                loss=loss,
                negatives=negatives,
                shared=shared,
                sampling=sampling,
                logq=logq,
                calibration=calibration,
            ),
        )
        self.targets = targets
        self.filters_causally = targets == "every"
        self.reads_times = times and block == "hstu"
        self.papers = tuple(dict.fromkeys([*PAPERS.get(block, self.papers), *PAPERS.get(loss, ())]))

    def prepare(self, split: Split) -> int:
        import tensorflow as tf

        train = split.train.newest(self.max_length + 1)
        train = train.take((train.lengths > 1).nonzero()[0])
        if not len(train):
            raise DataError(
                "model=attention learns from what comes next, and no user has two training "
                "interactions: use another model."
            )
        self.histories = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        self.weights = ragged_weights(train, self.histories)
        clock = split.clock and self.reads_times
        self.ages = self.histories.with_values(tf.constant(ages(train))) if clock else None
        if self.targets == "every":
            return len(train)
        later = np.arange(len(train.item)) > train.offsets[train.row]
        self.target = tf.constant(np.flatnonzero(later))
        self.start = tf.constant(train.offsets[train.row[later]])
        return int(later.sum())

    def inputs(self, histories: Histories) -> tuple[Array, ...]:
        """As of any network; ages stand for ratings where times are read."""
        items, ratings, splits = super().inputs(histories)
        if self.reads_times:
            ratings = ages(histories.within(self.catalogue.n_items))
        return items, ratings, splits

    def export_scorer(self) -> ExportScorer:
        if self.reads_times and any(np.any(block.by_time) for block in self.encoder.blocks):
            raise DataError(
                "this model reads the times of a history, which an exported model is not given: "
                "train it with model.times=false to export it."
            )
        return super().export_scorer()

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        return (self._every if self.targets == "every" else self._last)(examples)

    def _every(self, examples: Tensor) -> Tensor:
        """Losses of histories: each item but the first is predicted from those before it."""
        import tensorflow as tf

        from lrec.model.layers.layout import Layout

        histories = tf.gather(self.histories, examples)
        inputs, targets = histories[:, :-1], histories[:, 1:].values
        batch = self.batch_items(inputs.values, targets)
        age = None if self.ages is None else tf.gather(self.ages, examples)[:, :-1].values
        states = self.encoder(batch.tokens, layout=Layout.of(inputs, age), training=True)
        weights = self.weights
        if weights is not None:
            weights = tf.gather(weights, examples)[:, 1:].values
        return self.history_losses(states, batch, inputs.value_rowids(), tf.size(examples), weights)

    def _last(self, examples: Tensor) -> Tensor:
        """Losses of items: each is predicted from a history of its own, which ends before it."""
        import tensorflow as tf

        from lrec.model.layers.layout import Layout

        target = tf.gather(self.target, examples)
        places = tf.ragged.range(tf.gather(self.start, examples), target)
        inputs = places.with_values(tf.gather(self.histories.values, places.values))
        batch = self.batch_items(inputs.values, tf.gather(self.histories.values, target))
        age = None if self.ages is None else tf.gather(self.ages.values, places.values)
        layout = Layout.of(inputs, age)
        states = self.encoder(batch.tokens, layout=layout, newest=True, training=True)
        weights = self.weights
        if weights is not None:
            weights = tf.gather(weights.values, target)
        n_rows = tf.size(examples)
        return self.history_losses(states, batch, tf.range(n_rows), n_rows, weights)


def ages(histories: Histories) -> Floats:
    """Seconds from each entry to the newest of its history, `(total,)` float32; NaN without times.

    Relative to the newest, a float32 is exact to the minute over decades.
    """
    times = histories.timestamp
    if times is None or not len(times):
        return np.full(len(histories.item), np.nan, np.float32)
    newest = times[histories.offsets[1:] - 1]
    seconds: Floats = (newest[histories.row] - times).astype(np.float32)
    return seconds
