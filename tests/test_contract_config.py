"""The contract of conf/ and lrec/: YAML and code tell the same story, imports run one way."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from composing import composed
from omegaconf import OmegaConf

from lrec.cli import COMMANDS
from lrec.config import CONF, PACKAGE, SEVERAL, SINGLE, Parts, check, groups, options
from lrec.contest import Contest
from lrec.reveal import Reveal
from lrec.schema import fits
from lrec.simulate import Simulate
from lrec.tuning import Tune

# Groups whose files are named after a module of the same kind.
STEMS = ("dataset", "split", "feature", "augment", "model", "strategy", "metric", "bucket")
KINDS = (*STEMS, "schedule")
FILES = sorted(path for group in (*SINGLE, *SEVERAL) for path in (CONF / group).glob("*.yaml"))
SINGLES = [path for path in FILES if path != CONF / "metric" / "standard.yaml"]
METRICS = [path for path in SINGLES if path.parent.name == "metric"]
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"tensorflow", "keras", "mlflow", "pandas", "sklearn", "matplotlib", "pyarrow", "scipy"}


def label(path: Path) -> str:
    return str(path.relative_to(CONF if path.is_relative_to(CONF) else PACKAGE))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=label)


def node_of(path: Path) -> dict[str, Any]:
    """The file's own keys, without Hydra's."""
    node: dict[str, Any] = yaml.load(path.read_text(), OneDotTwoLoader)
    node.pop("defaults", None)
    return node


class OneDotTwoLoader(yaml.SafeLoader):
    """Reads 1e-3 as a number, as OmegaConf does."""


OneDotTwoLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?e[-+]?\d+$", re.I), list("-+0123456789")
)


def is_variant(path: Path) -> bool:
    """Whether a file builds on another of its group."""
    return "standard" in (yaml.safe_load(path.read_text()).get("defaults") or [])


def target_of(path: Path) -> Any:
    module, _, name = node_of(path)["_target_"].rpartition(".")
    return getattr(importlib.import_module(module), name)


@each([path for path in SINGLES if not is_variant(path)])
def test_keys_are_the_arguments_of_the_constructor_with_their_defaults(path: Path) -> None:
    node = node_of(path)
    assert node.pop("_target_").startswith("lrec.")
    parameters = inspect.signature(target_of(path)).parameters
    assert list(node) == list(parameters)
    for name, parameter in parameters.items():
        default = parameter.default
        if isinstance(node[name], dict):  # a component's component: the check knows its keys
            continue
        default = list(default) if isinstance(default, tuple) else default
        assert node[name] == ("???" if default is parameter.empty else default), name


@each([path for path in SINGLES if is_variant(path)])
def test_variant_changes_only_arguments_that_exist(path: Path) -> None:
    base = node_of(path.with_name("standard.yaml"))
    assert node_of(path).keys() <= base.keys()


@each(SINGLES)
def test_every_argument_is_annotated(path: Path) -> None:
    target = target_of(path.with_name("standard.yaml") if is_variant(path) else path)
    hints = get_type_hints(target.__init__)
    assert inspect.signature(target).parameters.keys() <= hints.keys()


@each([*SINGLES, *sorted(CONF.glob("*.yaml"))])
def test_every_key_carries_a_comment(path: Path) -> None:
    text = path.read_text()
    assert re.search(r"^# (?!@)\S", text, re.M)
    own = [] if is_variant(path) else node_of(path).keys() - {"_target_", "hydra"}
    assert [key for key in own if not re.search(rf"^{key}:( .*\S)? # \S", text, re.M)] == []


@each([path for path in SINGLES if path.parent.name in STEMS])
def test_yaml_and_module_share_their_stem(path: Path) -> None:
    assert node_of(path)["_target_"].rpartition(".")[0] == f"lrec.{path.parent.name}.{path.stem}"


@pytest.mark.parametrize("kind", STEMS)
def test_every_module_has_a_yaml(kind: str) -> None:
    modules = {path.stem for path in (PACKAGE / kind).glob("*.py")} - {"__init__"}
    assert modules == {path.stem for path in (CONF / kind).glob("*.yaml")} - {"standard"}


def test_every_folder_of_conf_is_a_group_that_the_check_knows() -> None:
    assert set(groups()) - {"experiment"} == {*SINGLE, *SEVERAL}


def test_standard_metrics_are_all_metrics() -> None:
    standard = node_of(CONF / "metric" / "standard.yaml")
    assert standard == {path.stem: node_of(path) for path in METRICS}


@each(METRICS)
def test_metric_documents_its_formula(path: Path) -> None:
    text = inspect.getdoc(target_of(path)) or ""
    assert re.search(r"[=Σ²√|]| [-/] ", text), text
    assert target_of(path)().name == path.stem


def needed(group: str, name: str) -> list[str]:
    """Values for the keys that an option leaves open."""
    path = CONF / group / f"{name}.yaml"
    key = f"{group}.{name}" if group in SEVERAL else group
    return [f"{key}.{left}=given" for left, value in node_of(path).items() if value == "???"]


@pytest.mark.parametrize(
    ("group", "name"),
    [(group, name) for group in (*SINGLE, *SEVERAL) for name in options(group)],
)
def test_check_accepts_every_option(group: str, name: str) -> None:
    chosen = f"{group}=[ndcg,{name}]" if group == "metric" else f"{group}={name}"
    config = composed(chosen, *needed(group, name))
    parts = check(config, {group: name})
    built = getattr(parts, group)
    if group in SEVERAL and name != "standard":
        assert built[name].name == name
    elif group in STEMS and name != "standard":
        assert built.name == name


def test_check_accepts_all_bucketings_at_once() -> None:
    parts = check(composed(f"bucket=[{','.join(options('bucket'))}]"))
    assert set(parts.bucket) == set(options("bucket"))


@each(sorted((CONF / "experiment").glob("*.yaml")))
def test_preset_opens_with_its_command_and_passes_the_check(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# @package _global_\n# ")
    opening = "".join(takewhile(lambda line: line.startswith("#"), text.splitlines(True)))
    assert re.search(rf"^#   lrec train .*\+experiment={path.stem}\b", opening, re.M)
    config = composed(f"+experiment={path.stem}")
    if OmegaConf.is_missing(config.dataset, "path"):
        config.dataset.path = "given"
    assert check(config)


@pytest.mark.parametrize("model", options("model"))
def test_schedule_of_the_command_line_beats_that_of_the_model(model: str) -> None:
    plain = composed("model=popularity").schedule
    assert composed(f"model={model}", "schedule=standard").schedule == plain


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


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Imported modules, each with whether it is imported when the file itself is."""

    def walk(node: ast.AST, at_once: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are absolute"
                assert child.module
                yield child.module, at_once
                yield from ((f"{child.module}.{alias.name}", at_once) for alias in child.names)
            elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
                function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, at_once and not function)

    return tuple(walk(ast.parse(path.read_text()), True))


def imported(path: Path, package: str, at_once: bool = False) -> bool:
    return any(
        (name == package or name.startswith(f"{package}.")) and (early or not at_once)
        for name, early in imports(path)
    )


def kind_of(path: Path) -> str | None:
    first = path.relative_to(PACKAGE).parts[0]
    return first if first in KINDS else None


@each([path for path in MODULES if kind_of(path)])
def test_component_kinds_know_neither_each_other_nor_the_machinery(path: Path) -> None:
    above = ("config", "cli", "commands", "experiment", "judge", "sweep", "tracking", "evaluation")
    strangers = [*(kind for kind in KINDS if kind != kind_of(path)), *above]
    found = [name for name in strangers if imported(path, f"lrec.{name}")]
    found += [name for name in ("hydra", "omegaconf", "mlflow") if imported(path, name)]
    assert found == []


@each(MODULES)
def test_mlflow_and_hydra_stay_where_they_belong(path: Path) -> None:
    tracking = PACKAGE / "tracking"
    assert imported(path, "mlflow") == (path in (tracking / "store.py", tracking / "pyfunc.py"))
    allowed = path.parent.name == "commands" or path.stem in ("config", "explain", "sweep")
    assert allowed or not imported(path, "hydra")


# What everything else stands on, and what of lrec it may import.
FLOORS: dict[str, set[str]] = {
    **{stem: set() for stem in ("arrays", "component", "draws", "embedding", "errors", "files")},
    **{stem: set() for stem in ("quiet", "ranges")},
    "layers": {"draws", "embedding"},
    "interactions": {"arrays"},
    "data": {"arrays", "interactions"},
}


@pytest.mark.parametrize("stem", FLOORS)
def test_floors_stand_on_those_below(stem: str) -> None:
    found = [name for name, _ in imports(PACKAGE / f"{stem}.py") if name.startswith("lrec.")]
    assert {name.split(".")[1] for name in found} == FLOORS[stem]


@each(MODULES)
def test_heavy_libraries_are_imported_when_needed(path: Path) -> None:
    allowed = (
        {"tensorflow", "keras"}
        if path.stem in ("layers", "embedding", "draws", "optimizer", "transformer")
        else set()
    )
    assert {name for name in HEAVY - allowed if imported(path, name, at_once=True)} == set()


@pytest.mark.parametrize(
    ("command", "root"),
    [("compare", Contest), ("reveal", Reveal), ("simulate", Simulate), ("tune", Tune)],
)
def test_a_command_has_the_keys_of_its_root(command: str, root: type[Parts]) -> None:
    """All of them in its own file; and the whole composes and fits."""
    own = {field.name for field in fields(root)} - {field.name for field in fields(Parts)}
    file = CONF / f"{command}.yaml"
    assert root.file == f"conf/{file.name}"
    assert own == node_of(file).keys() - {field.name for field in fields(Parts)}
    check(composed(root=command), root=root)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_importing_a_command_loads_nothing_heavy(command: str) -> None:
    code = f"import lrec.commands.{command}, sys; print(*{{m.split('.')[0] for m in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {"lrec", "hydra", "numpy"} <= loaded
    assert not loaded & HEAVY
