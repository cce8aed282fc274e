"""A bidirectional transformer that fills in hidden items."""

from __future__ import annotations

from lrec.base.arrays import Tensor
from lrec.data.queries import Split
from lrec.model.common.export_scorer import PaddedHistories
from lrec.model.common.losses import Loss, NextItemLoss, Sampling
from lrec.model.common.neural import Use, ragged_weights
from lrec.model.common.sequence import Block, SequenceModel


class BERT4Rec(SequenceModel):
    """BERT4Rec (Sun et al. 2019): the Cloze task on histories.

    Training hides a share of each history behind a mask token, at least one item of it and in one
    of ten histories the newest one alone, and predicts what was hidden from both sides. The next
    item is what a mask token behind the history stands for.

    Args:
        embedding_size, blocks, heads, widen, block, dropout, max_length, temperature, item_vectors:
            see `SequenceModel`.
        hidden_share: share of items that is hidden.
        loss, negatives, shared, sampling, logq, calibration: see `NextItemLoss`.
    """

    name = "bert4rec"
    papers = ("sun2019bert4rec",)
    causal = False
    extra_tokens = 1  # the mask

    def __init__(
        self,
        embedding_size: int = 64,
        blocks: int = 2,
        heads: int = 2,
        widen: int = 4,
        block: Block = "pre_norm",
        dropout: float = 0.2,
        max_length: int = 50,
        temperature: float | None = 0.1,
        hidden_share: float = 0.2,
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
        if not 0 < hidden_share < 1:
            raise ValueError(f"hidden_share must lie between 0 and 1. Received: {hidden_share}")
        self.hidden_share = hidden_share

    def prepare(self, split: Split) -> int:
        import tensorflow as tf

        train = split.train.newest(self.max_length + 1)
        self.histories = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        self.weights = ragged_weights(train, self.histories)
        return len(train)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        from lrec.model.layers.layout import Layout

        histories = tf.gather(self.histories, examples)
        hidden = self._hide(histories)
        inputs = tf.where(hidden, self.catalogue.n_items, histories.values)
        rows = tf.boolean_mask(histories.value_rowids(), hidden)
        batch = self.batch_items(inputs, tf.boolean_mask(histories.values, hidden))
        states = self.encoder(batch.tokens, layout=Layout.of(histories), training=True)
        states = tf.boolean_mask(states, hidden)
        weights = self.weights
        if weights is not None:
            weights = tf.boolean_mask(tf.gather(weights, examples).values, hidden)
        return self.history_losses(states, batch, rows, tf.size(examples), weights)

    def read(self, items: Tensor) -> Tensor:
        """The newest items, and a mask where the next one would stand."""
        import tensorflow as tf

        mask = tf.fill([items.nrows(), 1], tf.constant(self.catalogue.n_items, items.dtype))
        return tf.concat([super().read(items), mask], axis=1)

    def read_padded(self, histories: PaddedHistories) -> PaddedHistories:
        import tensorflow as tf

        newest = super().read_padded(histories)
        mask = tf.fill([histories.n_rows, 1], self.catalogue.n_items)
        return PaddedHistories(
            items=tf.concat([newest.items, mask], axis=1),
            is_item=tf.concat([newest.is_item, mask > 0], axis=1),
            ratings=newest.ratings,
        )

    def _hide(self, histories: Tensor) -> Tensor:
        """True for the items that a step hides, `(total,)`; one at least of each history."""
        import tensorflow as tf

        rows = histories.value_rowids()
        draws = self.random.uniform(tf.shape(rows))
        least = tf.gather(tf.math.segment_min(draws, rows), rows)
        index = tf.range(tf.size(rows, tf.int64))
        newest = index == tf.gather(histories.row_splits[1:] - 1, rows)
        as_queried = self.random.uniform([histories.nrows()]) < 0.1
        drawn = (draws < self.hidden_share) | (draws == least)
        return tf.where(tf.gather(as_queried, rows), newest, drawn)
