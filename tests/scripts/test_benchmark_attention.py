"""The benchmark of the transformer, at its smallest and without its peer."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_attention as benchmark
import numpy as np
import pytest

from lrec.model.attention import Attention

SMALL = benchmark.MODEL | {"embedding_size": 8, "dropout": 0.0, "loss": "softmax"}


def test_one_side(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "MODEL", SMALL)
    benchmark.main(["--side", benchmark.PADDED, "--data", str(tiny), "--epochs", "1"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(result["epochs"]) == len(result["ndcg@10"]) == len(result["clock"]) == 1
    benchmark.report(dict.fromkeys((benchmark.LREC, benchmark.RECBOLE), result))
    assert "RecBole reaches NDCG@10" in capsys.readouterr().out


def test_padding_leaves_losses_as_they_are(tiny: Path) -> None:
    import keras
    import tensorflow as tf

    split = benchmark.load_in_catalogue(str(tiny))
    losses = []
    for kind in (Attention, benchmark.Padded):
        keras.utils.set_random_seed(1)
        model = kind(**SMALL)
        model._build(split.catalogue)
        losses.append(model.losses(tf.range(model.prepare(split)), tf.constant(0.0)).numpy())
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
