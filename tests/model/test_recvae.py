"""The log-density of RecVAE's prior."""

from __future__ import annotations

import math

import pytest
import tensorflow as tf

from lrec.model import recvae


def test_log_density_of_normals() -> None:
    density = recvae._log_density(tf.constant(0.7), tf.constant(0.2), tf.constant(math.log(0.5)))
    expected = math.log(math.exp(-(0.5**2) / (2 * 0.5)) / math.sqrt(2 * math.pi * 0.5))
    assert float(density) == pytest.approx(expected, rel=1e-5)
