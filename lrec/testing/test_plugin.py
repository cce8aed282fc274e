"""The contract of every component of a plugin: `pytest --pyargs lrec.testing --plugin mine`.

A component is found by its YAML file.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrec.api.components import Configs, component_files, spaces_without_model
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.evaluation.bucket import Bucketing
from lrec.evaluation.metric import Metric
from lrec.evaluation.ranking import Ranker
from lrec.testing.bench import Bench, KeepStates
from lrec.testing.components import (
    assert_arguments_are_annotated,
    assert_keys_are_arguments,
    assert_keys_are_commented,
    node_of,
    target_of,
)
from lrec.testing.metric import assert_metric_contract
from lrec.testing.model import ModelContract
from lrec.testing.small_data import write_small_data

DRAWN = 3  # settings of each search space that are trained
GROUPS = ("dataset", "split", "feature", "augment", "model", "metric", "bucket")  # with a name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test the files of its group, or of all."""
    config = metafunc.config
    files = component_files(config.getoption("--plugin"), config.getoption("--plugin-conf"))
    for name in {"path", *GROUPS} & {*metafunc.fixturenames}:
        chosen: list[Any] = [path for path in files if name in ("path", path.parent.name)]
        ids = [f"{path.parent.name}={path.stem}" for path in chosen]
        if not chosen:
            reason = f"the plugin has no {'component' if name == 'path' else name}"
            chosen, ids = [pytest.param(None, marks=pytest.mark.skip(reason))], ["none"]
        metafunc.parametrize(name, chosen, ids=ids, scope="module")


@pytest.fixture(scope="module")
def configs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Configs:
    """Checked configs on small data."""
    data = tmp_path_factory.mktemp("data") / "small.csv"
    write_small_data(data)
    small = [
        "schedule.epochs=2",
        "schedule.batch_size=32",
        *request.config.getoption("--plugin-set"),
    ]
    return Configs(data, small)


@pytest.fixture(scope="module")
def bench(model: Path, configs: Configs) -> Bench:
    """A model of the plugin on the small data."""
    overrides = [f"model={model.stem}"]
    node = configs.node(overrides, "model")

    def settings() -> Any:
        return configs.settings(overrides)

    drawn = {
        shlex.join(words): partial(configs.settings, words)
        for words in configs.drawn(model.stem, DRAWN)
    }
    return Bench(settings, node, Ranker, drawn=drawn)


def test_there_is_a_plugin(request: pytest.FixtureRequest) -> None:
    """It was named, and has components."""
    plugin = request.config.getoption("--plugin")
    if plugin is None:
        pytest.skip("name a package: pytest --pyargs lrec.testing --plugin mine")
    assert component_files(plugin, request.config.getoption("--plugin-conf")), (
        f"{plugin} has no YAML file in a group of conf/, such as conf/model/"
    )


class TestModel(ModelContract):
    """The contract of each model."""


def test_yaml_has_the_arguments_of_the_constructor_with_their_defaults(path: Path) -> None:
    """And a comment for each; every argument is annotated."""
    assert_keys_are_arguments(path)
    assert_arguments_are_annotated(target_of(path))
    assert_keys_are_commented(path)


def test_name_is_that_of_the_file(path: Path) -> None:
    """A component is known by one name."""
    if path.parent.name not in GROUPS:
        pytest.skip(f"a {path.parent.name} needs no name of its own")
    target = target_of(path)
    name = getattr(target, "name", None)
    assert name == path.stem, f"{path}: {target.__name__}.name is {name!r}, and not {path.stem!r}"


def test_component_passes_the_check(path: Path, configs: Configs) -> None:
    """It is built from its YAML file; keys that are left open are given text."""
    group, name = path.parent.name, path.stem
    key = f"{group}.{name}" if group in configs.several else group
    chosen = f"{group}=[ndcg,{name}]" if group == "metric" else f"{group}={name}"
    left = [f"{key}.{k}=given" for k, value in node_of(path).items() if value == "???"]
    built = getattr(configs.settings([chosen, *left]), group)
    assert isinstance(built[name] if group in configs.several else built, target_of(path))


def test_search_space_holds_the_model_as_it_is(model: Path, configs: Configs) -> None:
    """It is the first trial of `lrec tune`; a model without a space is tried as it is."""
    configs.check_tuning(model.stem)
    outside = configs.outside_search_space(model.stem)
    assert not outside, f"{model} has values outside of conf/search/: {', '.join(outside)}"


def test_search_spaces_are_of_models() -> None:
    """One that has another name than its model would never be used."""
    lost = spaces_without_model()
    assert not lost, f"there are no models of these names: {', '.join(map(str, lost))}"


def test_metric_keeps_the_contract(metric: Path) -> None:
    """Shape, type, and only the top k."""
    built: Metric = target_of(metric)()
    assert_metric_contract(built)


def test_split_parts_are_disjoint_and_reproducible(split: Path, configs: Configs) -> None:
    """No target is in its user's history, and the same data is split the same way."""
    settings = configs.settings([f"split={split.stem}"])
    data = settings.dataset.load()
    one, two = settings.split(data), settings.split(data)
    assert len(one.test), "nobody is tested"
    for part in ("validation", "test"):
        queries, again = getattr(one, part), getattr(two, part)
        pairs = (_pairs(queries.history), _pairs(queries.target))
        assert not np.isin(*pairs).any(), f"{part} targets are in the history"
        np.testing.assert_array_equal(_pairs(again.target), pairs[1])


def test_bucketing_sorts_every_user(bucket: Path, configs: Configs) -> None:
    """Into one of its buckets, the cold ones aside, by the training history only."""
    settings, split = _split(configs, [f"bucket={bucket.stem}"])
    bucketing: Bucketing = settings.bucket[bucket.stem]
    history = split.test.train_history
    buckets = bucketing.assign(history, split.train, split.catalogue)
    assert buckets.label.shape == (len(history),)
    assert ((buckets.label >= 0) == (history.lengths > 0)).all()
    assert buckets.label.max() < len(bucketing.names)
    assert set(buckets.edges) == set(bucketing.names)


def test_feature_gives_each_item_of_the_catalogue_a_vector(feature: Path, configs: Configs) -> None:
    """A finite row for each, of the data's titles and genres or of a file."""
    settings, split = _split(configs, [f"feature={feature.stem}"])
    vectors = settings.feature[feature.stem](split)
    assert vectors.ndim == 2
    assert len(vectors) == split.catalogue.n_items
    assert np.isfinite(vectors).all()


def test_augmenter_only_adds_to_training(augment: Path, configs: Configs) -> None:
    """Validation and test stay as they are, and no history gets shorter."""
    settings, split = _split(configs, [f"augment={augment.stem}"])
    settings.strategy.start()
    augmented = settings.augment(split, settings.strategy, 1, KeepStates(None))
    assert (augmented.train.lengths >= split.train.lengths).all()
    assert augmented.test is split.test


def test_data_set_loads_the_same_twice(dataset: Path, configs: Configs) -> None:
    """Of a data set that needs no file of its user."""
    if "???" in node_of(dataset).values():
        pytest.skip("needs a file")
    one, two = (configs.settings([f"dataset={dataset.stem}"]).dataset.load() for _ in range(2))
    assert len(one) > 0
    assert one.digest == two.digest


def _pairs(histories: Histories) -> Any:
    return histories.user[histories.row] * np.int64(1 << 32) + histories.item


def _split(configs: Configs, overrides: Sequence[str]) -> tuple[Any, Split]:
    settings = configs.settings(overrides)
    return settings, settings.split(settings.dataset.load())
