"""The contract of every model.

    class TestMine(ModelContract):
        @pytest.fixture(scope="class")
        def bench(self) -> Bench:
            return Bench(settings, node, Ranker)

runs all of its tests, where `settings()` checks a config of small data and few epochs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model import Model
from lrec.model.common import neural, saving
from lrec.model.common.neural import NeuralModel
from lrec.testing.bench import Bench, eager

USER_PREFIX = "person-"


def vectors_of(model: Model, histories: Histories) -> np.ndarray:
    """`(len(histories), width)` representations; skips the test of a model that has none."""
    vectors = model.encode_histories(histories)
    if not model.encodes_histories():
        assert vectors is None
        pytest.skip(f"model={model.name} has no vectors: it defines no encode_histories")
    assert vectors is not None
    return vectors


def with_unknown_items(histories: Histories, n_items: int) -> Histories:
    """The same histories, each with an unknown item before and one behind."""
    assert histories.rating is not None
    rows, ratings = (
        np.split(values, histories.offsets[1:-1]) for values in (histories.item, histories.rating)
    )
    return Histories.of(
        [[n_items, *row, n_items + 7] for row in rows], [[5, *row, 1] for row in ratings]
    )


def queries_of(histories: Histories) -> Queries:
    """Queries without targets."""
    return Queries(histories, histories, Histories.of([[]] * len(histories)))


class ModelContract:
    """Tests of a model; a subclass has the fixture `bench`."""

    def test_scores_are_finite_float32_over_the_catalogue(self, bench: Bench) -> None:
        scores = np.asarray(bench.model.score(bench.histories))
        assert scores.shape == (len(bench.histories), bench.split.catalogue.n_items)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
        assert (scores.std(axis=1) > 0).all()

    def test_settings_of_the_search_space_are_trained(self, bench: Bench) -> None:
        """A few that differ from those of the YAML file."""
        if not bench.drawn:
            pytest.skip(f"no conf/search/{bench.name}.yaml: lrec tune trains it as it is")
        for overrides in bench.drawn:
            try:
                with eager():
                    scores = np.asarray(bench.fit_drawn(overrides).score(bench.histories))
            except Exception as error:
                raise AssertionError(f"{overrides} cannot be trained: {error!r}") from error
            assert scores.shape == (len(bench.histories), bench.split.catalogue.n_items), overrides
            assert np.isfinite(scores).all(), f"{overrides}: scores are not finite"

    def test_interrupted_training_gives_the_same_weights(self, bench: Bench) -> None:
        if not bench.exact:
            pytest.skip("trains twice: for some models only")
        expected = bench.fitted_eagerly(2).state()
        if not bench.states[2, True]:
            assert not isinstance(bench.fitted_eagerly(2), NeuralModel)
            pytest.skip(f"model={bench.name} has no epochs: it is trained at once")
        first, _ = bench.states[2, True]
        with eager():
            resumed = bench.fit(2, first).state()
        assert [int(state["epoch"]) for state in bench.states[2, False]] == [2]
        for name, array in expected.items():
            np.testing.assert_array_equal(resumed[name], array, err_msg=name)

    def test_empty_histories_are_ranked(self, bench: Bench) -> None:
        empty = Histories.of([[], []])
        scores = np.asarray(bench.model.score(empty))
        assert np.isfinite(scores).all()
        assert np.array_equal(scores[0], scores[1])
        assert (bench.ranker(bench.model, 10)(queries_of(empty)).items >= 0).all()
        assert bench.model.is_personalised(empty).tolist() == [bench.model.scores_empty] * 2

    def test_histories_without_ratings_are_scored(self, bench: Bench) -> None:
        assert np.isfinite(bench.model.score(Histories.of([[0, 3], [1]]))).all()

    def test_items_outside_the_catalogue_are_ignored_and_counted(self, bench: Bench) -> None:
        n_items = bench.split.catalogue.n_items
        unknown = with_unknown_items(bench.histories, n_items)
        scores = bench.model.score(bench.histories)
        np.testing.assert_allclose(bench.model.score(unknown), scores, rtol=0, atol=1e-5)
        ranker = bench.ranker(bench.model, 5)
        assert ranker(queries_of(unknown)).ignored == 2 * len(unknown)
        assert ranker(queries_of(bench.histories.within(n_items))).ignored == 0

    def test_loaded_model_gives_identical_scores(self, bench: Bench, tmp_path: Path) -> None:
        loaded = saving.load(bench.save(tmp_path))
        assert type(loaded) is type(bench.model)
        assert np.array_equal(loaded.catalogue.ids, bench.model.catalogue.ids)
        assert np.array_equal(loaded.score(bench.histories), bench.model.score(bench.histories))

    def test_saved_model_holds_no_user_and_no_pickle(self, bench: Bench, tmp_path: Path) -> None:
        assert all(str(user).startswith(USER_PREFIX) for user in bench.split.user_ids)
        files = list(bench.save(tmp_path).iterdir())
        assert {path.suffix for path in files} == {".json", ".npz"}
        for path in files:
            content = path.read_bytes()
            if path.suffix == ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    content = b"".join(str(arrays[n].tolist()).encode() for n in arrays.files)
            assert USER_PREFIX.encode() not in content

    def test_saved_model_has_nothing_for_each_user(self, bench: Bench, tmp_path: Path) -> None:
        """No array has as many entries, on any axis, as there are users, or as their histories.

        The data's number of users must be no size of the model or the catalogue.
        """
        if bench.model.contains_histories:
            pytest.skip(f"model={bench.name} says that it contains_histories")
        train = bench.split.train
        personal = {len(train), len(bench.split.user_ids), len(train.item)}
        personal |= {size + 1 for size in personal}  # offsets of ragged rows
        for path in bench.save(tmp_path).glob("*.npz"):
            with np.load(path, allow_pickle=False) as arrays:
                shapes = {name: arrays[name].shape for name in arrays.files}
            assert [name for name, shape in shapes.items() if personal & set(shape)] == []

    def test_inner_products_of_its_vectors_are_the_scores(self, bench: Bench) -> None:
        factorised = bench.model.factorised_scores()
        if factorised is None:
            pytest.skip(f"model={bench.name} defines no factorised_scores")
        queries = factorised.queries(bench.histories)
        assert factorised.items.dtype == queries.dtype == np.float32
        scores = np.asarray(bench.model.score(bench.histories))
        np.testing.assert_allclose(queries @ factorised.items.T, scores, rtol=0, atol=1e-4)

    def test_scores_do_not_depend_on_the_batch(self, bench: Bench) -> None:
        many = np.asarray(bench.model.score(bench.histories))
        rows = np.arange(len(bench.histories))[::-1]
        turned = np.asarray(bench.model.score(bench.histories.take(rows)))[::-1]
        np.testing.assert_allclose(turned, many, rtol=0, atol=1e-5)
        for row in (0, 7, len(rows) - 1):
            alone = bench.model.score(bench.histories.take(np.array([row])))
            np.testing.assert_allclose(alone[0], many[row], rtol=0, atol=1e-5)

    def test_same_seed_gives_the_same_weights_and_scores(self, bench: Bench) -> None:
        once = bench.fitted_eagerly(1)
        with eager():
            again, state = bench.fit(1), once.state()
            assert np.array_equal(again.score(bench.histories), once.score(bench.histories))
        assert again.state().keys() == state.keys()
        for name, array in again.state().items():
            np.testing.assert_array_equal(array, state[name], err_msg=name)

    def test_other_seed_gives_other_scores_where_the_model_says_so(self, bench: Bench) -> None:
        with eager():
            one, other = (bench.fitted_eagerly(seed).score(bench.histories) for seed in (1, 2))
        alike = np.allclose(one, other)
        assert alike == (not bench.model.seeded), (
            f"model={bench.name} has seeded = {bench.model.seeded}, and seeds 1 and 2 give "
            f"{'the same scores: set seeded = False' if alike else 'other scores: seeded = True'}"
        )

    def test_ranking_follows_the_scores_and_holds_nothing_seen(self, bench: Bench) -> None:
        n_items = bench.split.catalogue.n_items
        queries = bench.split.test
        items = bench.ranker(bench.model, n_items)(queries).items
        scores = np.asarray(bench.model.score(queries.history))
        for row, ranked in enumerate(items):
            history = set(queries.history.take(np.array([row])).item) & set(range(n_items))
            listed = ranked[ranked >= 0]
            assert set(listed) == set(range(n_items)) - history
            assert (np.diff(scores[row][listed]) <= 1e-5).all()

    def test_predicted_ratings_lie_on_the_scale(self, bench: Bench) -> None:
        """Of ratings from 1 to 5."""
        if bench.model.rating_head != "native":
            pytest.skip(f"model={bench.name} predicts no ratings: its rating_head says so")
        scores = bench.ranker(bench.model, 1)(bench.split.test).target_scores
        ratings = bench.model.rate(bench.split.test, scores)
        inside = bench.split.test.target.item < bench.split.catalogue.n_items
        assert ratings is not None
        assert ((ratings[inside] > 0) & (ratings[inside] < 6)).all()

    def test_vectors_are_finite_float32_and_differ(self, bench: Bench) -> None:
        vectors = vectors_of(bench.model, bench.histories)
        assert vectors.shape == (len(bench.histories), vectors.shape[1])
        assert vectors.shape[1] >= 2
        assert vectors.dtype == np.float32
        assert np.isfinite(vectors).all()
        assert (vectors.std(axis=0) > 0).any()

    def test_empty_histories_share_a_finite_vector(self, bench: Bench) -> None:
        vectors = vectors_of(bench.model, Histories.of([[], [0, 3], []]))
        assert np.isfinite(vectors).all()
        assert np.array_equal(vectors[0], vectors[2])

    def test_vectors_do_not_depend_on_the_batch(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = vectors_of(bench.model, bench.histories)
        monkeypatch.setattr(neural, "BATCH", 7)
        parts = vectors_of(bench.model, bench.histories)
        np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5)
        for row in (0, 7, len(whole) - 1):
            alone = vectors_of(bench.model, bench.histories.take(np.array([row])))
            np.testing.assert_allclose(alone[0], whole[row], rtol=0, atol=1e-5)

    def test_loaded_model_gives_identical_vectors(self, bench: Bench, tmp_path: Path) -> None:
        vectors = vectors_of(bench.model, bench.histories)
        loaded = saving.load(bench.save(tmp_path))
        assert np.array_equal(vectors_of(loaded, bench.histories), vectors)

    def test_restored_weights_change_the_vectors(self, bench: Bench, tmp_path: Path) -> None:
        one, two = saving.load(bench.save(tmp_path)), bench.fitted_eagerly(2)
        before, expected = (vectors_of(model, bench.histories) for model in (one, two))
        one.restore(two.state(), two.catalogue)
        assert not np.array_equal(before, expected)
        assert np.array_equal(vectors_of(one, bench.histories), expected)
