"""The contract of every model that has a YAML in conf/model, whatever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.bench import EXACT, Bench, short, variants

from lrec.base.arrays import Floats
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.model.common import neural, saving
from lrec.model.common.neural import NeuralModel
from lrec.model.common.sequence import SequenceModel
from lrec.model.ials import IALS


@pytest.fixture(scope="module", params=variants(), ids=short)
def bench(request: pytest.FixtureRequest, tiny: Path) -> Bench:
    return Bench(request.param, tiny)


def represented(model: Model, histories: Histories) -> Floats:
    """Vectors of people, of a model that has them."""
    if not model.encodes_histories():
        assert model.encode_histories(histories) is None
        pytest.skip("no vectors")
    space = model.encode_histories(histories)
    assert space is not None
    return space


def with_strangers(histories: Histories, n_items: int) -> Histories:
    """The same histories, each with an item before and one behind that no catalogue has."""
    assert histories.rating is not None
    rows, ratings = (
        np.split(values, histories.offsets[1:-1]) for values in (histories.item, histories.rating)
    )
    return Histories.of(
        [[n_items, *row, n_items + 7] for row in rows], [[5, *row, 1] for row in ratings]
    )


def ask(histories: Histories) -> Queries:
    return Queries(histories, histories, Histories.of([[]] * len(histories)))


def test_scores_are_finite_float32_over_the_catalogue(bench: Bench) -> None:
    scores = np.asarray(bench.model.score(bench.histories))
    assert scores.shape == (len(bench.histories), bench.split.catalogue.n_items)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert (scores.std(axis=1) > 0).all()


def test_training_that_was_killed_comes_to_the_same_weights(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    if short(bench.overrides_of) not in EXACT and not request.config.getoption("--data"):
        pytest.skip("with --data=FOLDER only: it trains twice")
    expected = bench.fitted(2).state()
    if not bench.states[2, True]:
        assert not isinstance(bench.fitted(2), NeuralModel)
        return
    first, _ = bench.states[2, True]
    found = bench.fit(2, first).state()
    assert [int(state["epoch"]) for state in bench.states[2, False]] == [2]
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_empty_history_is_answered(bench: Bench) -> None:
    empty = Histories.of([[], []])
    scores = np.asarray(bench.model.score(empty))
    assert np.isfinite(scores).all()
    assert np.array_equal(scores[0], scores[1])
    items = Ranker(bench.model, 10)(ask(empty)).items
    assert (items >= 0).all()
    assert bench.model.is_personalised(empty).tolist() == [bench.model.answers_empty] * 2


def test_history_without_ratings_is_answered(bench: Bench) -> None:
    assert np.isfinite(bench.model.score(Histories.of([[0, 3], [1]]))).all()


def test_items_outside_the_catalogue_are_ignored_and_counted(bench: Bench) -> None:
    strange = with_strangers(bench.histories, bench.split.catalogue.n_items)
    scores = bench.model.score(bench.histories)
    np.testing.assert_allclose(bench.model.score(strange), scores, rtol=0, atol=1e-5)
    ranker = Ranker(bench.model, 5)
    assert ranker(ask(strange)).ignored == 2 * len(strange)
    assert ranker(ask(bench.histories.within(bench.split.catalogue.n_items))).ignored == 0


def test_loaded_model_gives_identical_scores(bench: Bench, tmp_path: Path) -> None:
    loaded = saving.load(bench.save(tmp_path))
    assert type(loaded) is type(bench.model)
    assert np.array_equal(loaded.catalogue.ids, bench.model.catalogue.ids)
    assert np.array_equal(loaded.score(bench.histories), bench.model.score(bench.histories))


def test_saved_model_holds_no_user_and_no_pickle(bench: Bench, tmp_path: Path) -> None:
    files = list(bench.save(tmp_path).iterdir())
    assert {path.suffix for path in files} == {".json", ".npz"}
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                content = b"".join(str(arrays[name].tolist()).encode() for name in arrays.files)
        assert b"person-" not in content


def test_scores_do_not_depend_on_the_batch(bench: Bench) -> None:
    many = np.asarray(bench.model.score(bench.histories))
    rows = np.arange(len(bench.histories))[::-1]
    turned = np.asarray(bench.model.score(bench.histories.take(rows)))[::-1]
    np.testing.assert_allclose(turned, many, rtol=0, atol=1e-5)
    for row in (0, 7, len(rows) - 1):
        alone = bench.model.score(bench.histories.take(np.array([row])))
        np.testing.assert_allclose(alone[0], many[row], rtol=0, atol=1e-5)


def test_same_seed_gives_the_same_weights_and_scores(bench: Bench) -> None:
    again, state = bench.fit(1), bench.model.state()
    assert np.array_equal(again.score(bench.histories), bench.model.score(bench.histories))
    assert again.state().keys() == state.keys()
    for name, array in again.state().items():
        np.testing.assert_array_equal(array, state[name], err_msg=name)


def test_other_seed_gives_other_scores(bench: Bench) -> None:
    if not isinstance(bench.model, NeuralModel):
        pytest.skip("nothing random")
    other = bench.fitted(2).score(bench.histories)
    assert not np.array_equal(other, bench.model.score(bench.histories))


def test_ranking_follows_the_scores_and_holds_nothing_seen(bench: Bench) -> None:
    n_items = bench.split.catalogue.n_items
    queries = bench.split.test
    items = Ranker(bench.model, n_items)(queries).items
    scores = np.asarray(bench.model.score(queries.history))
    for row, ranked in enumerate(items):
        seen = set(queries.history.take(np.array([row])).item) & set(range(n_items))
        shown = ranked[ranked >= 0]
        assert set(shown) == set(range(n_items)) - seen
        assert (np.diff(scores[row][shown]) <= 1e-5).all()


def test_predicted_ratings_lie_on_the_scale(bench: Bench) -> None:
    parts = bench.parts()
    evaluator = Evaluator(bench.split, parts.metric, parts.bucket, [10])
    verdict = evaluator.test(evaluator.ranker(bench.model))
    assert verdict.rating_head == bench.model.rating_head
    assert verdict.table["mse"].between(0, 16).all()
    if bench.model.rating_head == "native":
        scores = Ranker(bench.model, 1)(bench.split.test).target_scores
        ratings = bench.model.rate(bench.split.test, scores)
        inside = bench.split.test.target.item < bench.split.catalogue.n_items
        assert ratings is not None
        assert ((ratings[inside] > 0) & (ratings[inside] < 6)).all()


def test_models_that_see_people_as_vectors() -> None:
    seeing = {
        name for name in options("model") if component_class("model", name).encodes_histories()
    }
    assert seeing >= {"attention", "bert4rec", "dae", "dense", "gan", "ials", "recvae", "vae"}
    assert seeing.isdisjoint({"ease", "itemknn", "popularity", "rp3beta"})


def test_representations_are_finite_float32_and_differ(bench: Bench) -> None:
    space = represented(bench.model, bench.histories)
    assert space.shape == (len(bench.histories), space.shape[1])
    assert space.shape[1] >= 2
    assert space.dtype == np.float32
    assert np.isfinite(space).all()
    assert (space.std(axis=0) > 0).any()


def test_empty_histories_share_a_finite_place(bench: Bench) -> None:
    space = represented(bench.model, Histories.of([[], [0, 3], []]))
    assert np.isfinite(space).all()
    assert np.array_equal(space[0], space[2])


def test_representations_do_not_depend_on_the_batch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = represented(bench.model, bench.histories)
    monkeypatch.setattr(neural, "BATCH", 7)
    parts = represented(bench.model, bench.histories)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5)
    for row in (0, 7, len(whole) - 1):
        alone = represented(bench.model, bench.histories.take(np.array([row])))
        np.testing.assert_allclose(alone[0], whole[row], rtol=0, atol=1e-5)


def test_loaded_model_gives_identical_representations(bench: Bench, tmp_path: Path) -> None:
    space = represented(bench.model, bench.histories)
    loaded = saving.load(bench.save(tmp_path))
    assert np.array_equal(represented(loaded, bench.histories), space)


def test_scores_are_a_linear_map_of_the_representation(bench: Bench) -> None:
    """Of those models whose last layer is linear."""
    model: Any = bench.model
    if isinstance(model, SequenceModel):
        weights, bias = np.asarray(model.table()).T, 0
    elif isinstance(model, IALS):
        weights, bias = model.items.factors.T, 0
    elif model.name in ("dae", "gan", "recvae"):
        last = model.preferences if model.name == "gan" else model.logits
        weights, bias = map(np.asarray, (last.kernel, last.bias))
    else:
        pytest.skip("not linear")
    scores = represented(model, bench.histories) @ weights + bias
    np.testing.assert_allclose(scores, model.score(bench.histories), rtol=0, atol=1e-4)


def test_restored_weights_move_the_representations(bench: Bench, tmp_path: Path) -> None:
    one, two = saving.load(bench.save(tmp_path)), bench.fitted(2)
    before, wanted = (represented(model, bench.histories) for model in (one, two))
    one.restore(two.state(), two.catalogue)
    assert not np.array_equal(before, wanted)
    assert np.array_equal(represented(one, bench.histories), wanted)
