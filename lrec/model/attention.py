"""A causal transformer: SASRec and its descendants."""

from __future__ import annotations

from lrec.base.arrays import Tensor
from lrec.base.errors import DataError
from lrec.data.queries import Split
from lrec.model.common.losses import Loss, NextItemLoss, Sampling
from lrec.model.common.neural import Use, ragged_weights
from lrec.model.common.sequence import Block, SequenceModel


class Attention(SequenceModel):
    """Predicts the next item at every position of a history from the items up to there.

    Published variants: SASRec (Kang and McAuley 2018) is `block: sasrec, loss: bce, negatives: 1`;
    with `loss: sampled_softmax` it is as strong as newer models (Klenitskiy and Vasilev 2023);
    gSASRec (Petrov and Macdonald 2023) is `loss: gbce`; eSASRec (Tikhonovich et al. 2025) is
    `block: ligr, widen: 4, loss: sampled_softmax`.

    Args:
        embedding_size, blocks, heads, widen, block, dropout, max_length, temperature, item_vectors:
            see `SequenceModel`.
        loss, negatives, shared, sampling, logq, calibration: see `NextItemLoss`.
    """

    name = "attention"
    causal = True

    def __init__(
        self,
        embedding_size: int = 64,
        blocks: int = 1,
        heads: int = 1,
        widen: int = 1,
        block: Block = "sasrec",
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
            loss=NextItemLoss(
                loss=loss,
                negatives=negatives,
                shared=shared,
                sampling=sampling,
                logq=logq,
                calibration=calibration,
            ),
        )

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
        return len(train)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        from lrec.model.layers.layout import Layout

        histories = tf.gather(self.histories, examples)
        inputs, targets = histories[:, :-1], histories[:, 1:].values
        batch = self.batch_items(inputs.values, targets)
        states = self.encoder(batch.tokens, layout=Layout.of(inputs), training=True)
        weights = self.weights
        if weights is not None:
            weights = tf.gather(weights, examples)[:, 1:].values
        return self.history_losses(states, batch, inputs.value_rowids(), tf.size(examples), weights)
