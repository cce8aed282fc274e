"""Transformers over histories: item embeddings, an encoder, scores by inner product."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.model import FineTuning
from lrec.model.common.batch_items import BatchItems
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.common.losses import NextItemLoss
from lrec.model.common.neural import NeuralModel, Use

Block = Literal["sasrec", "ligr", "pre_norm"]
AnyBlock = Literal[Block, "bsarec", "wearec", "hstu"]
# Items up to which a step makes the vectors of all of them: of so few it costs next to nothing, and
# it rounds as the scores do.
FEW = 100_000


class SequenceModel(NeuralModel):
    """A transformer whose newest state scores every item by their inner product.

    Args:
        embedding_size: width of items and states.
        blocks: transformer blocks.
        heads: attention heads; divides `embedding_size`.
        widen: width of the hidden feed-forward layer as a multiple of `embedding_size`.
        block: kind of block, see `lrec.model.layers.encoder.Encoder`.
        dropout: of embeddings, attention weights and feed-forward layers.
        max_length: the newest items of a history that are read.
        temperature: a score is the cosine of state and item over this (as Yi et al. 2019,
            "Sampling-bias-corrected neural modeling", do with two towers): no item scores high
            by the length of its embedding. None: their inner product, as in most papers.
        loss: of each prediction.
        item_vectors: how embeddings use vectors of `feature`, see `ItemEmbedding`.
        filter_share, cutoff: of filters, see `lrec.model.layers.encoder.FilterBlock`.
    """

    uses_weights = True
    required = ("causal",)
    scores_are_products = True
    fine_tuning = FineTuning(epochs=5, batches=0.25, rate=1.0)  # many small steps
    causal: bool
    filters_causally = True
    reads_times = False
    extra_tokens = 0  # rows of the embedding behind the catalogue's

    def __init__(
        self,
        *,
        embedding_size: int,
        blocks: int,
        heads: int,
        widen: int,
        block: AnyBlock,
        dropout: float,
        max_length: int,
        temperature: float | None,
        loss: NextItemLoss,
        item_vectors: Use,
        filter_share: float = 0.7,
        cutoff: int = 5,
    ) -> None:
        check_sizes(
            embedding_size=embedding_size,
            blocks=blocks,
            heads=heads,
            widen=widen,
            max_length=max_length,
            cutoff=cutoff,
        )
        if not 0 <= filter_share <= 1:
            raise ValueError(f"filter_share must be from 0 to 1. Received: {filter_share}")
        if embedding_size % heads:
            raise ValueError(
                f"heads must divide embedding_size, which is {embedding_size}. Received: {heads}"
            )
        check_dropout(dropout)
        if temperature is not None and temperature <= 0:
            raise ValueError(f"temperature must be positive. Received: {temperature}")
        self.embedding_size = embedding_size
        self.blocks = blocks
        self.heads = heads
        self.widen = widen
        self.block: AnyBlock = block
        self.dropout = dropout
        self.max_length = max_length
        self.temperature = temperature
        self.loss = loss
        self.item_vectors: Use = item_vectors
        self.filter_share = filter_share
        self.cutoff = cutoff

    def build(self, catalogue: Catalogue) -> None:
        from lrec.model.layers.embedding import ItemEmbedding
        from lrec.model.layers.encoder import Encoder

        rows = catalogue.n_items + self.extra_tokens
        self.embedding = ItemEmbedding(
            rows,
            self.embedding_size,
            vectors=catalogue.features.vectors,
            use=self.item_vectors,
        )
        self.encoder = Encoder(
            size=self.embedding_size,
            blocks=self.blocks,
            heads=self.heads,
            widen=self.widen,
            dropout=self.dropout,
            kind=self.block,
            max_length=self.max_length + self.extra_tokens,
            causal=self.causal,
            share=self.filter_share,
            cutoff=self.cutoff,
            filters_causally=self.filters_causally,
        )
        self.loss.prepare(catalogue)

    def table(self) -> Tensor:
        """Item vectors that scores are made of, `(n_items, embedding_size)` float32."""
        return self._scored(self.embedding.table()[: self.catalogue.n_items])

    def _scored(self, vectors: Tensor) -> Tensor:
        import tensorflow as tf

        return vectors if self.temperature is None else tf.math.l2_normalize(vectors, axis=1)

    def query_vectors(self, states: Tensor) -> Tensor:
        """States as vectors whose inner products with the table are scores."""
        import tensorflow as tf

        if self.temperature is None:
            return states
        return tf.math.l2_normalize(states, axis=1) / self.temperature

    def item_states(self, items: Tensor, newest: bool, age: Tensor | None = None) -> Tensor:
        """States of all items of `(batch, None)` ragged histories, or of the newest ones only.

        Args:
            age: see `Layout`.
        """
        from lrec.model.layers.layout import Layout

        tokens = self.embedding(items.values)
        return self.encoder(tokens, layout=Layout.of(items, age), newest=newest)

    def batch_items(self, inputs: Tensor, targets: Tensor) -> BatchItems:
        """Vectors of what a step reads: its inputs, its targets, and negatives that it draws.

        Args:
            inputs: `(total,)` int32.
            targets: `(n,)` int32.
        """
        drawn = self.loss.draw(targets, self.random)
        if self.loss.reads_catalogue or self.catalogue.n_items <= FEW:
            return BatchItems(self.embedding(inputs), self.table(), targets, drawn)
        batch = BatchItems.read(self.embedding, inputs, targets, drawn)
        return replace(batch, vectors=self._scored(batch.vectors))

    def history_losses(
        self,
        states: Tensor,
        batch: BatchItems,
        rows: Tensor,
        n_rows: Tensor,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Losses of predictions as losses of histories, `(n_rows,)`.

        The mean over histories is that over predictions, all alike or by weight.

        Args:
            states: `(n, embedding_size)`.
            batch: has the n targets.
            rows: `(n,)` int64, the history of each prediction.
            weights: `(n,)` float32 of the targets, or None where all count 1.
        """
        import tensorflow as tf

        queries = self.query_vectors(states)
        losses = self.loss(queries, batch.vectors, batch.targets, batch.drawn, batch.item)
        total = tf.cast(tf.size(batch.targets), tf.float32)
        if weights is not None:
            losses, total = losses * weights, tf.reduce_sum(weights)
        share = tf.cast(n_rows, tf.float32) / total
        return tf.math.unsorted_segment_sum(losses, rows, n_rows) * share

    def read(self, items: Tensor) -> Tensor:
        """Ragged histories as the encoder reads them for the next item."""
        return items[:, -self.max_length :]

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The state that predicts the next item; 0 for an empty history.

        Args:
            ratings: ages, where the model `reads_times`.
        """
        import tensorflow as tf

        age = self.read(items.with_values(ratings)).values if self.reads_times else None
        state = self.item_states(self.read(items), newest=True, age=age)
        filled = items.row_lengths()[:, None] > 0
        return self.query_vectors(tf.where(filled, tf.cast(state, tf.float32), 0.0))

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        return self._match(self.encode(items, ratings))

    def factorised_scores(self) -> FactorisedScores:
        return FactorisedScores(
            np.asarray(self.table(), np.float32), partial(self._vectors, self.encode)
        )

    def read_padded(self, histories: PaddedHistories) -> PaddedHistories:
        """Like `read`, of padded histories."""
        return histories.newest(self.max_length)

    def export_scorer(self) -> ExportScorer:
        import tensorflow as tf

        def scores(histories: PaddedHistories) -> Tensor:
            items = self.read_padded(histories).ragged()
            state = self.item_states(items, newest=True)
            return self._match(self.query_vectors(tf.cast(state, tf.float32)))

        return ExportScorer(scores, self._variables())

    def _match(self, queries: Tensor) -> Tensor:
        """Scores of query vectors, `(batch, n_items)` float32."""
        import tensorflow as tf

        return tf.matmul(queries, self.table(), transpose_b=True)
