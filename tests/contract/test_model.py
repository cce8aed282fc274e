"""The contract of a model, kept by every one that has a YAML in conf/model."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.bench import Bench, short, variants

from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.evaluation.evaluator import Evaluator
from lrec.model.common.sequence import SequenceModel
from lrec.model.ials import IALS
from lrec.model.pooled.pooled_model import PooledModel
from lrec.testing.model import ModelContract, vectors_of


@pytest.fixture(scope="module", params=variants(), ids=short)
def bench(request: pytest.FixtureRequest, tiny: Path) -> Bench:
    """Resumed training is compared for some models; for all with `--data=FOLDER`."""
    return Bench(request.param, tiny, exact=bool(request.config.getoption("--data")))


class TestModel(ModelContract):
    pass


def test_settings_that_cannot_be_trained_are_named(tiny: Path) -> None:
    """As a plugin's are whose search space holds more than the model can do."""
    bench = Bench(("model=itemknn",), tiny)
    bench.drawn = {"model.neighbours=3": partial(bench.parts, "model.neighbours=3")}
    ModelContract().test_settings_of_the_search_space_are_trained(bench)
    bench.drawn = {"model.shrink=5": lambda: 1 // 0}
    with pytest.raises(AssertionError, match=r"model.shrink=5 cannot be trained: ZeroDivision"):
        ModelContract().test_settings_of_the_search_space_are_trained(bench)


def test_predicted_ratings_are_evaluated(bench: Bench) -> None:
    parts = bench.parts()
    evaluator = Evaluator(bench.split, parts.metric, parts.bucket, [10])
    result = evaluator.test(evaluator.ranker(bench.model))
    assert result.rating_head == bench.model.rating_head
    assert result.table["mse"].between(0, 16).all()


def test_models_that_represent_histories_by_vectors() -> None:
    encoding = {
        name for name in options("model") if component_class("model", name).encodes_histories()
    }
    assert encoding >= {"attention", "bert4rec", "dae", "dense", "gan", "ials", "lightgcn"}
    assert encoding >= {"recvae", "simplex", "vae"}
    assert encoding.isdisjoint({"ease", "itemknn", "popularity", "rp3beta", "rules", "sknn"})
    assert encoding.isdisjoint({"graph_filter", "sparse_ease"})


def test_models_that_contain_histories_say_so() -> None:
    names = options("model")
    assert [n for n in names if component_class("model", n).contains_histories] == ["sknn"]


def test_models_whose_scores_are_inner_products_are_searched(bench: Bench) -> None:
    searched = {"attention", "bert4rec", "dae", "gan", "ials", "recvae", "vae"}
    searched |= {"lightgcn", "simplex"}
    is_searched = bench.model.name in searched or "model.interaction=product" in bench.overrides
    assert (bench.model.factorised_scores() is not None) == is_searched


def test_scores_are_a_linear_map_of_the_vectors(bench: Bench) -> None:
    """Of those models whose last layer is linear."""
    model: Any = bench.model
    if isinstance(model, SequenceModel | PooledModel):
        weights, bias = np.asarray(model.table()).T, 0
    elif isinstance(model, IALS):
        weights, bias = model.items.factors.T, 0
    elif model.name in ("dae", "gan", "recvae"):
        last = model.preferences if model.name == "gan" else model.logits
        weights, bias = map(np.asarray, (last.kernel, last.bias))
    else:
        pytest.skip("not linear")
    scores = vectors_of(model, bench.histories) @ weights + bias
    np.testing.assert_allclose(scores, model.score(bench.histories), rtol=0, atol=1e-4)
