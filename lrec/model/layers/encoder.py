"""Blocks over histories, and positions. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from lrec.base.arrays import Tensor
from lrec.model.layers.filters import LowPass, WaveletFilter
from lrec.model.layers.hstu import HSTUBlock
from lrec.model.layers.layout import Layout
from lrec.model.layers.transformer import (
    FeedForward,
    MultiHeadAttention,
    TransformerBlock,
    numbered,
)


class FilterBlock(keras.layers.Layer):
    """One block of BSARec or WEARec: a filter, then a feed-forward layer.

    Args:
        size: width of a token.
        heads: of attention, or of the adaptive filter.
        widen: width of the hidden feed-forward layer as a multiple of `size`.
        dropout: in training.
        kind: `bsarec`, `LowPass` beside causal attention; `wearec`, `WaveletFilter` alone.
        window, cutoff: see `LowPass`.
        share: α of either paper: of the low-pass filter, where attention has the rest; of the
            adaptive filter, where the wavelet has the rest.
        causal: of the filter.
        index: of the block in its encoder, from 0.
    """

    def __init__(
        self,
        *,
        size: int,
        heads: int,
        widen: int,
        dropout: float,
        kind: str,
        window: int,
        cutoff: int,
        share: float,
        causal: bool,
        index: int = 0,
    ) -> None:
        super().__init__(name=numbered("block", index))
        self.share = share
        common: dict[str, Any] = {"window": window, "dropout": dropout, "causal": causal}
        self.filter: LowPass | WaveletFilter
        self.attention = None
        if kind == "bsarec":
            self.filter = LowPass(size=size, cutoff=cutoff, **common)
            self.attention = MultiHeadAttention(
                size=size,
                heads=heads,
                dropout=dropout,
                causal=True,
                name=numbered("attention", index),
            )
        else:
            self.filter = WaveletFilter(size=size, heads=heads, share=share, **common)
        self.forward = FeedForward(size=size, hidden=size * widen, dropout=0, activation="gelu")
        norms = 2 if kind == "bsarec" else 1
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(norms)]
        self.drop = keras.layers.Dropout(dropout)

    def call(self, tokens: Tensor, layout: Layout, newest: bool, training: bool) -> Tensor:
        """Tokens `(total, size)` to as many, or only to the newest of each history."""
        mixed = self.filter(tokens, layout=layout, newest=newest, training=training)
        if self.attention is not None:
            own = layout.last(tokens) if newest else tokens
            attended = self.attention(own, tokens, layout=layout, newest=newest, training=training)
            attended = self.norms[0](own + self.drop(attended, training=training))
            mixed = self.share * mixed + (1 - self.share) * attended
        hidden = self.drop(self.forward(mixed, training=training), training=training)
        return self.norms[-1](mixed + hidden)


class Encoder(keras.layers.Layer):
    """Position embeddings and blocks.

    Positions count back from the newest item, so that a history's end means the same whatever its
    length.

    Args:
        size, heads, widen, dropout, kind, causal: see `TransformerBlock`; for `bsarec` and
            `wearec`, `FilterBlock`, and for `hstu`, `HSTUBlock`, which is causal.
        blocks: number of blocks.
        max_length: the longest history.
        share, cutoff: see `FilterBlock`.
        filters_causally: True if filters read no later items.
    """

    def __init__(
        self,
        *,
        size: int,
        blocks: int,
        heads: int,
        widen: int,
        dropout: float,
        kind: str,
        max_length: int,
        causal: bool,
        share: float = 0.7,
        cutoff: int = 5,
        filters_causally: bool = True,
    ) -> None:
        super().__init__()
        self.kind = kind
        self.filters = kind in ("bsarec", "wearec")
        first = keras.initializers.RandomNormal(stddev=0.02) if self.filters else "glorot_normal"
        self.positions = keras.layers.Embedding(max_length, size, first)
        common: dict[str, Any] = {"size": size, "heads": heads, "dropout": dropout}
        block: Callable[..., Any]
        if kind == "hstu":
            block = partial(HSTUBlock, **common, window=max_length)
        elif self.filters:
            common |= {"share": share, "cutoff": cutoff, "causal": filters_causally}
            block = partial(FilterBlock, **common, widen=widen, kind=kind, window=max_length)
        else:
            block = partial(TransformerBlock, **common, widen=widen, kind=kind, causal=causal)
        self.blocks = [block(index=index) for index in range(blocks)]
        last_norm = kind not in ("ligr", "hstu")
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6) if last_norm else None
        self.drop = keras.layers.Dropout(dropout)

    def call(
        self, tokens: Tensor, layout: Layout, newest: bool = False, training: bool = False
    ) -> Tensor:
        """Encode.

        Args:
            tokens: `(total, size)` item embeddings.
            newest: True for the newest token of each history only; the last block then computes
                no other.

        Returns:
            `(total, size)`, or `(batch, size)`.
        """
        if self.kind == "hstu":
            tokens = tokens * tokens.shape[1] ** 0.5
        tokens = tokens + self.positions(layout.from_end)
        if self.filters and self.norm is not None:
            tokens = self.norm(tokens)
        tokens = self.drop(tokens, training=training)
        for index, block in enumerate(self.blocks):
            last = index == len(self.blocks) - 1
            tokens = block(tokens, layout=layout, newest=newest and last, training=training)
        return tokens if self.filters or self.norm is None else self.norm(tokens)
