"""Pseudo-interactions sampled from a variational autoencoder."""

from __future__ import annotations

from lrec.training.augment import GenerativeAugmenter


class VAEAugmenter(GenerativeAugmenter):
    """Samples a code of the history, decodes it, and draws items from the multinomial it gives.

    See Liang et al. 2018 for the model, and `Generated` for the arguments.
    """
