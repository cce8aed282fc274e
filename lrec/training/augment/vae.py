"""Pseudo-interactions sampled from a variational autoencoder."""

from __future__ import annotations

from lrec.training.augment import GenerativeAugmenter


class VAEAugmenter(GenerativeAugmenter):
    """Samples a latent code of the history, decodes it, and draws items from the multinomial.

    See Liang et al. 2018 for the model, and `GenerativeAugmenter` for the arguments.
    """

    name = "vae"
