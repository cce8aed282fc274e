"""Pseudo-interactions of a conditional GAN: generated interests of long-tail users."""

from __future__ import annotations

import numpy as np

from lrec.augment import Generated
from lrec.data import Floats, Histories

# What is preferred less is drawn as if it were preferred as much.
LEAST = 1e-3


class GAN(Generated):
    """Draws noise, lets the generator make preferences of it and the history, and items by them.

    The generator is CFGAN's (Chae et al. 2018) with the noise of a conditional GAN (Mirza and
    Osindero 2014): it has learnt, against a discriminator, to complete histories of which it sees a
    part. Items are drawn in proportion to its preferences, which mean 1 for taken and 0 for not.
    See `Generated` for the arguments.
    """

    def log_weights(self, histories: Histories) -> Floats:
        preferences = super().log_weights(histories)
        logs: Floats = np.log(np.maximum(preferences, LEAST))
        return logs
