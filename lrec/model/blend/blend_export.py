"""A blend's scores as TensorFlow code, of its members' own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.errors import DataError
from lrec.model import Model
from lrec.model.blend.mixture import Mixture
from lrec.model.blend.probabilities import EXPONENTIAL, FLOOR, RANK, ScoreScale
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories


def blend_scorer(
    members: Sequence[tuple[Model, ScoreScale]], mixture: Mixture, n_items: int
) -> ExportScorer:
    """The mixture as a graph; items of the history, which are never recommended, score 0.

    Args:
        n_items: of the widest catalogue; a member of another gives the items behind it nothing.

    Raises:
        DataError: a member has no such code, or values of ranks are mixed.
    """
    import tensorflow as tf

    if any(scale.shape == RANK for _, scale in members):
        raise DataError("model=blend cannot be exported with scale=rank: blend with probabilities.")
    scorers = [member.export_scorer() for member, _ in members]
    widths = [member.catalogue.n_items for member, _ in members]
    known = [
        width if scorer.n_known is None else scorer.n_known
        for width, scorer in zip(widths, scorers, strict=True)
    ]

    def scores(histories: PaddedHistories) -> Tensor:
        own = histories.counts(n_items) > 0
        lengths = tf.reduce_sum(tf.cast(histories.is_item, tf.float32), axis=1)
        n = tf.clip_by_value(lengths, float(mixture.shortest), float(mixture.longest))
        logits = mixture.level.astype(np.float32) + mixture.slope.astype(np.float32) * tf.math.log(
            1 + n[:, None]
        )
        odds = tf.exp(logits - tf.reduce_max(logits, axis=1, keepdims=True))
        mixed, total = tf.zeros_like(own, tf.float32), tf.zeros_like(lengths)[:, None]
        for index, ((member, scale), scorer) in enumerate(zip(members, scorers, strict=True)):
            weight, width, asked = odds[:, index : index + 1], widths[index], histories
            if not member.scores_empty:
                unknown = histories.has_none_of(known[index])
                weight = tf.where(unknown, tf.zeros_like(weight), weight)
                asked = histories.filled(known[index])
            if width < n_items:
                asked = asked.within(width)
            given = weight * _probabilities(scorer.scores(asked), own[:, :width], scale)
            mixed += tf.pad(given, [[0, 0], [0, n_items - width]]) if width < n_items else given
            total += weight
        return mixed / tf.where(total > 0, total, tf.ones_like(total))

    variables = [variable for scorer in scorers for variable in scorer.variables]
    reads_ratings = any(scorer.reads_ratings for scorer in scorers)
    return ExportScorer(scores, variables, reads_ratings, max(known))


def _probabilities(scores: Tensor, own: Tensor, scale: ScoreScale) -> Tensor:
    """See `ScoreScale`.

    Args:
        own: True for the items of the history.
    """
    import tensorflow as tf

    if scale.shape == EXPONENTIAL:
        lowest = tf.fill(tf.shape(scores), scores.dtype.min)
        top = tf.reduce_max(tf.where(own, lowest, scores), axis=1, keepdims=True)
        logs = tf.minimum(scores - top, 0.0) / scale.unit
    else:
        top = tf.reduce_max(scores, axis=1, keepdims=True)
        top = tf.where(top > 0, top, tf.ones_like(top))
        logs = tf.math.log(tf.maximum(scores / top, 0.0) + FLOOR)
    odds = tf.where(own, tf.zeros_like(logs), tf.exp(scale.sharpness * logs))
    total = tf.reduce_sum(odds, axis=1, keepdims=True)
    return odds / tf.where(total > 0, total, tf.ones_like(total))
