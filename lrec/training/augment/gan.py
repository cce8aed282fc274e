"""Pseudo-interactions of a conditional GAN: generated interests of long-tail users."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.data.histories import Histories
from lrec.training.augment import GenerativeAugmenter

# Factor from preferences, which lie about 0 (most items) to 1, to logits: without it, most draws
# would be of the many items with a small preference.
SHARPNESS = 20.0


class GANAugmenter(GenerativeAugmenter):
    """Generates preferences from noise and the history, and draws items by their softmax.

    The generator is CFGAN's (Chae et al. 2018) with the noise of a conditional GAN (Mirza and
    Osindero 2014): it is trained, against a discriminator, to complete partial histories. See
    `GenerativeAugmenter` for the arguments.
    """

    name = "gan"

    def log_weights(self, histories: Histories) -> Floats:
        logits: Floats = SHARPNESS * super().log_weights(histories)
        return logits
