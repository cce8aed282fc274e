"""The benchmark of the transformer, at its smallest and without its peer."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_attention as benchmark
import numpy as np
import pytest

from lrec.model.attention import Attention

SMALL = benchmark.MODEL | {"embedding_size": 8, "dropout": 0.0}


def test_one_side(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "MODEL", SMALL)
    words = ["--data", str(tiny), "--epochs", "1", "--losses", "softmax"]
    benchmark.main(["--side", benchmark.PADDED, *words])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(result["epochs"]) == len(result["ndcg@10"]) == len(result["clock"]) == 1
    assert result["settings"]["loss"] == "softmax"


def test_the_race_is_to_the_best_quality_that_both_reach() -> None:
    own = {"epochs": [1.0], "evaluate": [0.5], "settings": {}, "n_validation": 7, "peak": 2**30}
    own |= {"n_users": 10, "n_items": 20, "n_train": 30}
    lrec = own | {"ndcg@10": [0.1, 0.2, 0.3], "clock": [1.0, 2.0, 3.0]}
    peer = own | {"ndcg@10": [0.05, 0.19, 0.2], "clock": [5.0, 10.0, 15.0]}
    results = {f"{benchmark.LREC}, softmax": [lrec], f"{benchmark.RECTOOLS}, softmax": [peer]}
    assert benchmark.races(results) == [
        "- To ndcg@10 0.1800 by softmax: RecTools SASRec 10.0 s, lrec 2.00 s: 5.0×",
        "- To ndcg@10 0.2000 by softmax: RecTools SASRec 15.0 s, lrec 2.00 s: 7.5×",
    ]
    printed = benchmark.table(results)
    assert printed.startswith("10 users × 20 items, 30 training interactions, 7 validation users")
    assert (
        "| RecTools SASRec, softmax | 1.00 s | 0.500 s | 0.2000 in 1 epochs | 1.0 GB |" in printed
    )


def test_sides() -> None:
    words = ["--rectools", "python", "--recbole", "python", "--losses", "softmax"]
    sides = benchmark.sides(benchmark.parser().parse_args(words))
    names = ["lrec", "lrec mixed_bfloat16", "RecTools SASRec", "RecBole SASRec"]
    assert list(sides) == [f"{name}, softmax" for name in names]


def test_padding_leaves_losses_as_they_are(tiny: Path) -> None:
    import keras
    import tensorflow as tf

    split = benchmark.load_in_catalogue(str(tiny))
    losses = []
    for kind in (Attention, benchmark.Padded):
        keras.utils.set_random_seed(1)
        model = kind(**SMALL, loss="softmax")
        model._build(split.catalogue)
        losses.append(model.losses(tf.range(model.prepare(split)), tf.constant(0.0)).numpy())
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
