"""Pseudo-interactions of a conditional GAN: generated interests of long-tail users."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.data.histories import Histories
from lrec.training.augment import GenerativeAugmenter

# Preferences lie about 0 (most items) to 1; as logits they are sharpened by this, or the many items
# that are preferred a little would be most of what is drawn.
SHARPNESS = 20.0


class GANAugmenter(GenerativeAugmenter):
    """Draws noise, lets the generator make preferences of it and the history, and items by them.

    The generator is CFGAN's (Chae et al. 2018) with the noise of a conditional GAN (Mirza and
    Osindero 2014): it has learnt, against a discriminator, to complete histories of which it sees a
    part. Items are drawn by a softmax of its preferences. See `Generated` for the arguments.
    """

    def log_weights(self, histories: Histories) -> Floats:
        logits: Floats = SHARPNESS * super().log_weights(histories)
        return logits
