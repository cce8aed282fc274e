"""The contract of conf/: YAML and code tell the same story. A rule is one test."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import get_type_hints

import pytest
from helpers.composing import SEVERAL, SINGLE, checked, composed
from omegaconf import OmegaConf

from lrec.base.config.conf import CONF, groups, options
from lrec.base.config.schema import fits
from lrec.cli.composer import HydraComposer
from lrec.cli.table import COMMANDS
from lrec.commands.composing import own_keys
from lrec.commands.settings import RunSettings
from lrec.commands.tune.search_space import SearchSpace
from lrec.testing.components import (
    assert_arguments_are_annotated,
    assert_keys_are_arguments,
    assert_keys_are_commented,
    files_of,
    node_of,
    target_of,
)

# Groups whose files are named after a module of the same kind.
STEMS = {
    "dataset": "data.dataset",
    "split": "data.split",
    "feature": "data.feature",
    "augment": "training.augment",
    "model": "model",
    "strategy": "training.strategy",
    "metric": "evaluation.metric",
    "bucket": "evaluation.bucket",
}
FILES = sorted(path for group in (*SINGLE, *SEVERAL) for path in (CONF / group).glob("*.yaml"))
SINGLES = [path for path in FILES if path != CONF / "metric" / "standard.yaml"]
METRICS = [path for path in SINGLES if path.parent.name == "metric"]


class Offenders(list[str]):
    """Files that break a rule, with how."""

    @contextmanager
    def at(self, path: Path) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.append(f"{path.relative_to(CONF)}: {type(error).__name__} {error}")


def is_variant(path: Path) -> bool:
    """True for a file that builds on another of its group."""
    return "standard" in (OmegaConf.load(path).get("defaults") or [])


def test_keys_are_the_arguments_of_the_constructor_with_their_defaults() -> None:
    offenders = Offenders()
    for path in (path for path in SINGLES if not is_variant(path)):
        with offenders.at(path):
            assert node_of(path)["_target_"].startswith("lrec.")
            assert_keys_are_arguments(path)
    assert offenders == []


def test_files_are_composed_with_their_bases() -> None:
    """A base is the folder's own, is no option, and gives way to the file that names it."""
    built_on = {file for path in SINGLES for file in files_of(path)[:-1]}
    assert built_on == set(CONF.glob("*/base/*.yaml"))
    assert not built_on & set(FILES)
    offenders = Offenders()
    for path in (path for path in SINGLES if len(files_of(path)) > 1):
        with offenders.at(path):
            node = composed(f"{path.parent.name}={path.stem}")[path.parent.name]
            assert list(OmegaConf.to_container(node).items()) == list(node_of(path).items())
    assert offenders == []


def test_variant_changes_only_arguments_that_exist() -> None:
    variants = [path for path in SINGLES if is_variant(path)]
    assert variants
    assert [
        str(path)
        for path in variants
        if not node_of(path).keys() <= node_of(path.with_name("standard.yaml")).keys()
    ] == []


def test_every_argument_is_annotated() -> None:
    offenders = Offenders()
    for path in SINGLES:
        with offenders.at(path):
            whole = path.with_name("standard.yaml") if is_variant(path) else path
            assert_arguments_are_annotated(target_of(whole))
    assert offenders == []


def test_every_key_carries_a_comment() -> None:
    offenders = Offenders()
    for path in (*SINGLES, *sorted(CONF.glob("*.yaml"))):
        with offenders.at(path):
            assert_keys_are_commented(path, is_variant(path))
    assert offenders == []


def test_yaml_and_module_share_their_stem() -> None:
    files = [path for path in SINGLES if path.parent.name in STEMS]
    assert [
        str(path)
        for path in files
        if node_of(path)["_target_"].rpartition(".")[0]
        != f"lrec.{STEMS[path.parent.name]}.{path.stem}"
    ] == []


def test_every_module_of_a_kind_has_a_yaml() -> None:
    for kind, package in STEMS.items():
        folder = Path(str(importlib.import_module(f"lrec.{package}").__file__)).parent
        modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        assert modules == {path.stem for path in (CONF / kind).glob("*.yaml")} - {"standard"}


def test_every_folder_of_conf_is_a_group_that_the_check_knows() -> None:
    assert set(groups()) - {"experiment"} == {*SINGLE, *SEVERAL}


def test_standard_metrics_are_all_metrics() -> None:
    standard = node_of(CONF / "metric" / "standard.yaml")
    assert standard == {path.stem: node_of(path) for path in METRICS}


def test_metrics_document_their_formulas() -> None:
    offenders = Offenders()
    for path in METRICS:
        with offenders.at(path):
            text = inspect.getdoc(target_of(path)) or ""
            assert re.search(r"[=Σ²√|]| [-/] ", text), text
            assert target_of(path)().name == path.stem
    assert offenders == []


def needed(group: str, name: str) -> list[str]:
    """Values for the keys that an option leaves open."""
    path = CONF / group / f"{name}.yaml"
    key = f"{group}.{name}" if group in SEVERAL else group
    return [f"{key}.{left}=given" for left, value in node_of(path).items() if value == "???"]


def test_check_accepts_every_option_and_components_have_their_files_name() -> None:
    offenders = Offenders()
    for path in FILES:
        group, name = path.parent.name, path.stem
        with offenders.at(path):
            chosen = f"{group}=[ndcg,{name}]" if group == "metric" else f"{group}={name}"
            settings = checked(composed(chosen, *needed(group, name)), {group: name})
            built = getattr(settings, group)
            if group in SEVERAL and name != "standard":
                assert built[name].name == name
            elif group in STEMS and name != "standard":
                assert built.name == name
    assert offenders == []


def test_check_accepts_all_bucketings_at_once() -> None:
    given = [value for name in options("bucket") for value in needed("bucket", name)]
    settings = checked(composed(f"bucket=[{','.join(options('bucket'))}]", *given))
    assert set(settings.bucket) == set(options("bucket"))


def test_presets_open_with_their_command_and_pass_the_check() -> None:
    offenders = Offenders()
    for path in sorted((CONF / "experiment").glob("*.yaml")):
        with offenders.at(path):
            text = path.read_text()
            assert text.startswith("# @package _global_\n# ")
            opening = "".join(takewhile(lambda line: line.startswith("#"), text.splitlines(True)))
            assert re.search(rf"^#   lrec train .*\+experiment={path.stem}\b", opening, re.M)
            config = composed(f"+experiment={path.stem}")
            if OmegaConf.is_missing(config.dataset, "path"):
                config.dataset.path = "given"
            assert checked(config)
    assert offenders == []


@pytest.mark.parametrize("model", options("search"))
def test_every_model_as_it_is_lies_in_its_search_space(model: str) -> None:
    """It is the first trial: a sampler that learns of several keys together needs all of them."""
    space, config = SearchSpace.of_model(model, HydraComposer()), composed(f"model={model}")
    assert space.inside({str(key): config[key] for key in config}).keys() == space.keys.keys()


def test_schedule_of_the_command_line_beats_that_of_the_model() -> None:
    plain = composed("model=popularity").schedule
    assert [
        model
        for model in options("model")
        if composed(f"model={model}", "schedule=standard").schedule != plain
    ] == []


@pytest.mark.parametrize(
    ("value", "hint", "fit"),
    [
        (1, int, True),
        (1, float, True),
        (True, int, False),
        (True, float, False),
        (1.5, int, False),
        (float("nan"), float, False),
        (None, int | None, True),
        ("1", int, False),
        ([1, 2], list[int], True),
        ([1, "2"], list[int], False),
        (1, list[int], False),
        ("12", list[str], False),
    ],
)
def test_types_of_yaml_values(value: object, hint: object, fit: bool) -> None:
    assert fits(value, hint) is fit


def test_commands_have_the_keys_of_their_settings() -> None:
    """All of them in their own files; and what asks about no saved run composes and fits."""
    offenders = Offenders()
    for name, command in COMMANDS.items():
        root, _ = command.load()
        path = CONF / Path(root.file).name
        with offenders.at(path):
            shared = set(get_type_hints(RunSettings)) if issubclass(root, RunSettings) else set()
            assert set(own_keys(root)) == node_of(path).keys() - shared - {"hydra"}
            if command.free is None and name not in ("sync", "forget"):
                checked(composed(root=path.stem), root=root)
    assert offenders == []
