"""Filters of frequencies along histories. Imports TensorFlow: import it inside methods.

A filter multiplies the discrete Fourier transform of the newest `window` places of a history, 0
where it is shorter. Here it is the same sum over places, a matrix product without a transform.
Where every item of a history is a target, no filter may read later items: a causal filter treats
each token as the newest of the history up to it.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from lrec.base.arrays import Floats, Tensor
from lrec.model.layers.layout import Layout


class LowPass(keras.layers.Layer):
    """The frequency layer of BSARec (Shin et al. 2024): low frequencies, and high ones rescaled.

    low + β² · (tokens − low), added to the tokens and normalised; β is trained, one for each
    column.

    Args:
        size: width of a token.
        window: places that are transformed; the longest history.
        cutoff: c of the paper: the lowest c // 2 + 1 frequencies are low.
        dropout: in training.
        causal: True if a token is filtered as the newest of the history up to it; False, as in
            the paper, if the filter reads both sides.
    """

    def __init__(
        self, *, size: int, window: int, cutoff: int, dropout: float, causal: bool
    ) -> None:
        super().__init__()
        self.causal = causal
        self.weight_of_lag = cosines(window)[:, : cutoff // 2 + 1].sum(axis=1) / window
        self.beta = self.add_weight(
            shape=(size,), initializer=keras.initializers.RandomNormal(stddev=1.0), name="beta"
        )
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.drop = keras.layers.Dropout(dropout)

    def call(self, tokens: Tensor, layout: Layout, newest: bool, training: bool) -> Tensor:
        """Tokens `(total, size)` to as many, or only to the newest of each history."""
        own = layout.last(tokens) if newest else tokens
        low = self._low(tokens, layout, newest)
        filtered = low + self.beta**2 * (own - low)
        return self.norm(own + self.drop(filtered, training=training))

    def _low(self, tokens: Tensor, layout: Layout, newest: bool) -> Tensor:
        weight = tf.cast(self.weight_of_lag, tokens.dtype)
        if newest:
            weighted = tf.gather(weight, layout.from_end)[:, None] * tokens
            return tf.math.unsorted_segment_sum(weighted, layout.row, tf.size(layout.length))
        padded = layout.pad(tokens)
        place = tf.range(tf.shape(padded)[1])
        matrix = tf.gather(weight, tf.abs(place[:, None] - place))
        if self.causal:
            matrix = tf.linalg.band_part(matrix, -1, 0)
        return layout.flatten(tf.matmul(matrix, padded))


class WaveletFilter(keras.layers.Layer):
    """The layer of WEARec (Xu et al. 2026): a filter of the whole history, and a Haar wavelet.

    The filter multiplies each frequency by base · (1 + a) and adds bias + b, where a small network
    makes a and b of the mean token, for each head. The wavelet takes neighbours in pairs, and
    multiplies half of their difference by trained weights. Both are mixed, added to the tokens and
    normalised.

    Args:
        size: width of a token.
        heads: parts of a token that are filtered differently; divides `size`.
        window: places that are transformed; the longest history.
        share: of the filter; the wavelet has the rest.
        dropout: in training.
        causal: True if a token is filtered as the newest of the history up to it; False, as in
            the paper, if it reads both sides.
    """

    def __init__(
        self, *, size: int, heads: int, window: int, share: float, dropout: float, causal: bool
    ) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.share = share
        self.causal = causal
        self.inverse = cosines(window)
        angle = np.arange(window)[:, None] * np.arange(window // 2 + 1) * (2 * np.pi / window)
        self.waves = np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
        bins = (heads, window // 2 + 1)
        self.base = self.add_weight(shape=bins, initializer="ones", autocast=False, name="base")
        self.bias = self.add_weight(
            shape=bins,
            initializer=keras.initializers.Constant(-0.1),
            autocast=False,
            name="bias",
        )
        pairs = 1 if causal else (window + 1) // 2
        self.detail = self.add_weight(
            shape=(pairs, size), initializer=small(), autocast=False, name="detail"
        )
        self.hidden = keras.layers.Dense(size, activation="gelu", kernel_initializer=small())
        self.adapted = keras.layers.Dense(2 * bins[0] * bins[1], kernel_initializer=small())
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.drop = keras.layers.Dropout(dropout)

    def call(self, tokens: Tensor, layout: Layout, newest: bool, training: bool) -> Tensor:
        """Tokens `(total, size)` to as many, or only to the newest of each history."""
        local = self._wavelet(tokens, layout)
        own, local = (layout.last(x) if newest else x for x in (tokens, local))
        mixed = self.share * self._filter(tokens, layout, newest) + (1 - self.share) * local
        return self.norm(own + self.drop(mixed, training=training))

    def _filter(self, tokens: Tensor, layout: Layout, newest: bool) -> Tensor:
        """Filtered by frequency, in the shape of `call`; float32 inside, as waves cancel."""
        by_row = newest or not self.causal
        scale, bias = self._spectrum(tokens, layout, by_row)
        if newest:
            kernel = tf.einsum("bhk,dk->bdh", scale, self.inverse / self.window)
            weight = tf.gather_nd(kernel, tf.stack([layout.row, layout.from_end], axis=1))
            weighted = tf.repeat(tf.cast(weight, tokens.dtype), self._width(tokens), 1) * tokens
            mixed = tf.math.unsorted_segment_sum(weighted, layout.row, tf.size(layout.length))
        else:
            mixed = self._filter_all(tokens, layout, scale, by_row)
        if by_row and not newest:
            wave = tf.gather(self.inverse, (layout.from_end + 1) % self.window)
            added = tf.reduce_sum(tf.gather(bias, layout.row) * wave[:, None], axis=2)
        else:
            added = tf.reduce_sum(bias * self.inverse[1 % self.window], axis=2)
        added = tf.cast(added / self.window**0.5, tokens.dtype)
        return mixed + tf.repeat(added, self._width(tokens), axis=1)

    def _spectrum(self, tokens: Tensor, layout: Layout, by_row: bool) -> tuple[Tensor, Tensor]:
        """Factors and summands of frequencies, `(n, heads, bins)`, of histories or of tokens."""
        if by_row:
            n = tf.size(layout.length)
            mean = tf.math.unsorted_segment_mean(tokens, layout.row, n)
        else:
            total = tf.pad(tf.cumsum(tf.cast(tokens, tf.float32), axis=0), [[1, 0], [0, 0]])
            before = tf.gather(total, tf.gather(layout.splits, layout.row))
            mean = (total[1:] - before) / tf.cast(layout.position[:, None] + 1, tf.float32)
        shape = [-1, self.heads, self.base.shape[1], 2]
        adapted = tf.reshape(self.adapted(self.hidden(mean)), shape)
        adapted = tf.cast(adapted, tf.float32)
        # values: Keras's sum of a variable and one history's bias of one head loses a dimension
        return self.base.value * (1 + adapted[..., 0]), self.bias.value + adapted[..., 1]

    def _filter_all(self, tokens: Tensor, layout: Layout, scale: Tensor, by_row: bool) -> Tensor:
        """All tokens filtered: cos(i − j) = cos i cos j + sin i sin j, so by two products."""
        padded = layout.pad(tokens)
        batch, longest = tf.shape(padded)[0], tf.shape(padded)[1]
        scale *= self.inverse[0] / self.window
        if by_row:
            scale = scale[:, None]
        else:
            bins = scale.shape[2]
            scale = layout.pad(tf.reshape(scale, [-1, self.heads * bins]))
            scale = tf.reshape(scale, [batch, longest, self.heads, bins])
        waves = tf.constant(self.waves)[:longest]
        scaled = tf.concat([scale, scale], axis=3) * waves[:, None]
        weights = tf.einsum("bihk,jk->bhij", scaled, waves)
        if self.causal:
            weights = tf.linalg.band_part(weights, -1, 0)
        values = tf.reshape(padded, [batch, longest, self.heads, self._width(tokens)])
        mixed = tf.einsum("bhij,bjhd->bihd", tf.cast(weights, tokens.dtype), values)
        return layout.flatten(tf.reshape(mixed, tf.shape(padded)))

    def _wavelet(self, tokens: Tensor, layout: Layout) -> Tensor:
        """Half the sum of a pair, and its difference weighted: ½((1 + w) x + (1 − w) other)."""
        older = tf.pad(tokens, [[1, 0], [0, 0]])[:-1]
        other = tf.where(layout.position[:, None] > 0, older, 0)
        pair = tf.zeros_like(layout.position)
        if not self.causal:
            newer = tf.pad(tokens, [[0, 1], [0, 0]])[1:]
            is_newer = layout.from_end[:, None] % 2 == 0
            other = tf.where(is_newer, other, newer)
            pair = tf.cast(layout.from_end, tf.int32) // 2  # TensorFlow Lite divides no int64
        weight = tf.gather(tf.cast(self.detail, tokens.dtype), pair)
        return 0.5 * ((1 + weight) * tokens + (1 - weight) * other)

    def _width(self, tokens: Tensor) -> int:
        width: int = tokens.shape[1] // self.heads
        return width


def small() -> keras.initializers.Initializer:
    """Weights around 0, as these layers were published with."""
    return keras.initializers.RandomNormal(stddev=0.02)


def cosines(window: int) -> Floats:
    """Parts of frequencies at places, `(window, window // 2 + 1)` float32.

    Row d is 2 cos(2πkd / window), and half of it for k = 0 and, of an even window, the last k.
    The product of these rows with a real spectrum, over the window, is its inverse transform.
    """
    place, frequency = np.ogrid[:window, : window // 2 + 1]
    alone = (frequency == 0) | (2 * frequency == window)
    waves = np.cos(2 * np.pi * frequency * place / window)
    return np.where(alone, waves, 2 * waves).astype(np.float32)
