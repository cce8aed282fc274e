"""The house: which rooms there are, who may import whom, and what a module may be called."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lrec.base.config.conf import PACKAGE
from lrec.cli.table import COMMANDS

# The rooms from the front door down; none imports one that stands above it.
FLOORS = (
    "testing",
    "cli",
    "commands",
    "reporting",
    "tracking",
    "evaluation",
    "training",
    "model",
    "data",
    "base",
)
# Folders of components, as in conf/: their modules are named after their YAML.
KINDS = {
    "data": ("dataset", "split", "feature"),
    "model": ("",),
    "training": ("augment", "strategy", "schedule"),
    "evaluation": ("metric", "bucket"),
}
COMPONENT_FOLDERS = {PACKAGE / room / kind for room, kinds in KINDS.items() for kind in kinds}
MOST_ENTRIES, MOST_FILES, MOST_ARROWS = 12, 15, 24
BESIDE = {"__init__.py", "__main__.py", "py.typed", "__pycache__", "conf"}
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"tensorflow", "keras", "mlflow", "pandas", "sklearn", "matplotlib", "pyarrow", "scipy"}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Modules that a file imports, each with whether it does so when it is imported itself."""

    def walk(node: ast.AST, at_once: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are absolute"
                assert child.module
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    yield full if full in NAMES else child.module, at_once
            else:
                typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
                function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, at_once and not (function or typing))

    return tuple(walk(ast.parse(path.read_text()), True))


def own_imports(path: Path) -> set[str]:
    return {name for name, _ in imports(path) if name in NAMES}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def is_inside(name: str, *folders: str) -> bool:
    return any(name == folder or name.startswith(f"{folder}.") for folder in folders)


def arrows() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports the second."""
    found = set()
    for path in MODULES:
        if path.parent == PACKAGE:
            continue
        for name in own_imports(path) - {"lrec"}:
            found.add((room_of(path), room_of(NAMES[name])))
    return {(one, two) for one, two in found if one != two}


def test_the_root_shows_the_rooms() -> None:
    entries = {path.name for path in PACKAGE.iterdir()} - BESIDE
    assert entries == set(FLOORS)
    assert len(entries) <= MOST_ENTRIES


def test_no_folder_is_crowded() -> None:
    folders = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    crowded = {
        str(folder.relative_to(PACKAGE)): n
        for folder, n in folders.items()
        if n > MOST_FILES and folder not in COMPONENT_FOLDERS
    }
    assert crowded == {}


def test_no_room_imports_one_above() -> None:
    upwards = [f"{one} -> {two}" for one, two in arrows() if FLOORS.index(one) > FLOORS.index(two)]
    assert upwards == []


def test_rooms_know_few_others() -> None:
    assert len(arrows()) <= MOST_ARROWS


def test_every_arrow_has_its_reason() -> None:
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    assert [f"{a} → {b}" for a, b in sorted(arrows()) if f"| {a} → {b} |" not in text] == []


def test_component_kinds_do_not_import_each_other() -> None:
    kinds = {
        folder: f"lrec.{'.'.join(folder.relative_to(PACKAGE).parts)}"
        for folder in COMPONENT_FOLDERS
    }
    kinds.pop(PACKAGE / "model")
    models = {name_of(path) for path in (PACKAGE / "model").glob("[!_]*.py")}
    offenders = []
    for path in MODULES:
        own = next((kind for folder, kind in kinds.items() if path.is_relative_to(folder)), None)
        in_model = path.parent == PACKAGE / "model"
        if own is None and not in_model:
            continue
        others = [kind for kind in kinds.values() if kind != own]
        for name in own_imports(path):
            if is_inside(name, *others) or (own is not None and name in models):
                offenders.append(f"{name_of(path)} -> {name}")
    assert offenders == []


# Keras layers stand together: they alone import TensorFlow when they are imported.
LAYERS = PACKAGE / "model" / "layers"


def test_a_module_with_one_importer_lives_in_its_folder() -> None:
    """Apart from components, which their YAML names; an importer in another room owns nothing."""
    importers: dict[str, set[Path]] = defaultdict(set)
    for path in MODULES:
        for name in own_imports(path):
            importers[name].add(path)
    offenders = []
    for name, found in importers.items():
        path = NAMES[name]
        if len(found) != 1 or path.name == "__init__.py" or path.parent in COMPONENT_FOLDERS:
            continue
        (importer,) = found
        if room_of(importer) != room_of(path) or path.parent == LAYERS:
            continue
        if not path.parent.is_relative_to(importer.parent):
            offenders.append(f"{name}, imported by {name_of(importer)} only")
    assert offenders == []


def test_no_two_modules_share_a_stem() -> None:
    """Outside of components and commands, which stand in folders that say what they are."""
    stems = Counter(
        path.stem
        for path in MODULES
        if path.stem not in ("__init__", "__main__")
        and path.parent not in COMPONENT_FOLDERS
        and room_of(path) != "commands"
    )
    assert {stem: n for stem, n in stems.items() if n > 1} == {}


def test_no_two_public_classes_share_a_name() -> None:
    classes: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(name_of(path))
    assert {name: where for name, where in classes.items() if len(where) > 1} == {}


def test_only_the_front_door_imports_hydra_and_only_tracking_mlflow() -> None:
    offenders = [
        f"{name_of(path)} -> {library}"
        for path in MODULES
        for library, room in (("hydra", "cli"), ("mlflow", "tracking"))
        if room_of(path) != room and any(is_inside(name, library) for name, _ in imports(path))
    ]
    assert offenders == []


def test_heavy_libraries_are_imported_when_needed() -> None:
    """But by Keras layers and optimizers, which methods of models import."""
    offenders = []
    for path in MODULES:
        keras = path.parent.name == "layers" or path.stem == "optimizer"
        banned = HEAVY - ({"tensorflow", "keras"} if keras else set())
        offenders += [
            f"{name_of(path)} -> {name}"
            for name, at_once in imports(path)
            if at_once and name.partition(".")[0] in banned
        ]
    assert offenders == []


def test_importing_the_front_door_and_every_command_loads_nothing_heavy() -> None:
    modules = [f"lrec.commands.{command.module}" for command in COMMANDS.values()]
    code = f"import sys, lrec.cli.job, {', '.join(modules)}\n"
    code += "print(*{m.split('.')[0] for m in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {"lrec", "hydra", "numpy"} <= loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_name_what_is_there(command: str) -> None:
    settings, run = COMMANDS[command].load()
    assert settings.file.startswith("conf/")
    assert callable(run)
