"""The rooms, the imports between them, and the names of modules.

A rule takes the folder of a package and lists its offenders; each is shown to find a planted one.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import architecture
import pytest
from architecture import ROOMS, arrows, graph, modules, room, upwards

from lrec.base.config.conf import PACKAGE
from lrec.cli.table import COMMANDS

# Folders of components, as in conf/: their modules are named after their YAML.
KINDS = {
    "data": ("dataset", "split", "feature"),
    "model": ("",),
    "training": ("augment", "strategy", "schedule"),
    "evaluation": ("metric", "bucket"),
}
MOST_ENTRIES, MOST_FILES, MOST_ARROWS = 12, 15, 24
NO_ROOMS = {"__init__.py", "__main__.py", "py.typed", "__pycache__", "conf", "api"}
HEAVY = {"tensorflow", "keras", "mlflow", "pandas", "sklearn", "matplotlib", "pyarrow", "scipy"}

Rule = Callable[[Path], list[str]]


def components(package: Path) -> set[Path]:
    return {package / room / kind for room, kinds in KINDS.items() for kind in kinds}


def is_inside(name: str, *folders: str) -> bool:
    return any(name == folder or name.startswith(f"{folder}.") for folder in folders)


def imported(package: Path) -> Iterator[tuple[str, Path, architecture.Import]]:
    """Every import of every module."""
    for name, path in modules(package).items():
        for one in architecture.imports(path):
            yield name, path, one


def the_root_shows_the_rooms(package: Path) -> list[str]:
    entries = {path.name for path in package.iterdir()} - NO_ROOMS
    many = [f"{len(entries)} entries"] if len(entries) > MOST_ENTRIES else []
    return sorted(entries ^ set(ROOMS)) + many


def no_folder_is_crowded(package: Path) -> list[str]:
    """Apart from the folders of components."""
    paths = [path for path in modules(package).values() if path.name != "__init__.py"]
    folders = Counter(path.parent for path in paths if path.parent not in components(package))
    return [f"{folder}: {n} files" for folder, n in folders.items() if n > MOST_FILES]


def no_room_imports_one_above(package: Path) -> list[str]:
    return upwards(arrows(package))


def rooms_import_few_others(package: Path) -> list[str]:
    listed = [f"{a} → {b}" for a, b in sorted(arrows(package))]
    return listed if len(listed) > MOST_ARROWS else []


def every_arrow_has_its_reason(package: Path) -> list[str]:
    path = package.parent / "docs" / "architecture.md"
    text = path.read_text() if path.exists() else ""
    return [f"{a} → {b}" for a, b in sorted(arrows(package)) if f"| {a} → {b} |" not in text]


def component_kinds_do_not_import_each_other(package: Path) -> list[str]:
    """Nor do they import models."""
    named = modules(package)
    kinds = {folder: f"lrec.{'.'.join(folder.relative_to(package).parts)}" for folder in
             components(package) - {package / "model"}}  # fmt: skip
    models = {name for name, path in named.items() if path.parent == package / "model"} - {
        "lrec.model"
    }
    offenders = []
    for name, others in graph(package).items():
        kind = next((k for k in kinds.values() if is_inside(name, k)), None)
        if kind is None and named[name].parent != package / "model":
            continue
        foreign = [k for k in kinds.values() if k != kind]
        for other in others:
            if is_inside(other, *foreign) or (kind and other in models):
                offenders.append(f"{name} -> {other}")
    return offenders


def a_module_with_one_importer_lives_in_its_folder(package: Path) -> list[str]:
    """Apart from components, which their YAML names; an importer in another room owns nothing.

    Keras layers stand together: they alone import TensorFlow when they are imported.
    """
    named, importers = modules(package), defaultdict(set)
    exempt = components(package) | {package / "model" / "layers"}
    for name, others in graph(package).items():
        for other in others:
            importers[other].add(name)
    offenders = []
    for name, those in importers.items():
        path = named[name]
        if len(those) != 1 or path.name == "__init__.py" or path.parent in exempt:
            continue
        (importer,) = those
        same = room(importer) == room(name)
        if same and not path.parent.is_relative_to(named[importer].parent):
            offenders.append(f"{name}, imported by {importer} only")
    return offenders


def no_two_modules_share_a_stem(package: Path) -> list[str]:
    """Outside of components and commands, which stand in folders that say what they are."""
    stems = Counter(
        path.stem
        for name, path in modules(package).items()
        if path.stem not in ("__init__", "__main__")
        and path.parent not in components(package)
        and room(name) not in ("commands", "testing")
    )
    return [stem for stem, n in stems.items() if n > 1]


def no_two_public_classes_share_a_name(package: Path) -> list[str]:
    classes = defaultdict(list)
    for name, path in modules(package).items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(name)
    return [f"{name}: {', '.join(those)}" for name, those in classes.items() if len(those) > 1]


def only_cli_imports_hydra_and_only_tracking_mlflow(package: Path) -> list[str]:
    return [
        f"{name} -> {library}"
        for name, _, one in imported(package)
        for library, owner in (("hydra", "cli"), ("mlflow", "tracking"))
        if is_inside(one.name, library) and room(name) != owner
    ]


def heavy_libraries_are_imported_when_needed(package: Path) -> list[str]:
    """But by Keras layers and optimizers, which methods of models import."""
    offenders = []
    for name, path, one in imported(package):
        keras = path.parent.name == "layers" or path.stem == "optimizer"
        banned = HEAVY - ({"tensorflow", "keras"} if keras else set())
        if one.at_once and one.name.partition(".")[0] in banned:
            offenders.append(f"{name} -> {one.name}")
    return offenders


def sets_are_sorted_and_not_hashed(package: Path) -> list[str]:
    """`lrec.base.sets` has what NumPy does in many times as long where most values differ."""
    offenders = []
    for name, path in modules(package).items():
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(ast.Attribute(ast.Name("np"), "unique"), keywords=[]):
                    offenders.append(f"{name}: np.unique without an index or counts")
                case ast.Call(
                    ast.Attribute(
                        ast.Name("np"),
                        "isin" | "union1d" | "intersect1d" | "setdiff1d" | "setxor1d" as function,
                    )
                ) if room(name) != "testing":
                    offenders.append(f"{name}: np.{function}")
    return offenders


# Files that break a rule in a package of empty rooms, and words of what is found.
PLANTED: dict[Rule, tuple[dict[str, str], str]] = {
    the_root_shows_the_rooms: ({"attic/__init__.py": ""}, "attic"),
    no_folder_is_crowded: ({f"base/file_{n}.py": "" for n in range(16)}, "base: 16 files"),
    no_room_imports_one_above: (
        {"data/one.py": "def one():\n    import lrec.evaluation"},
        "data → evaluation",
    ),
    rooms_import_few_others: (
        {f"{a}/one.py": "\n".join(f"import lrec.{b}" for b in ROOMS) for a in ROOMS},
        "cli → commands",
    ),
    every_arrow_has_its_reason: ({"cli/one.py": "import lrec.base"}, "cli → base"),
    component_kinds_do_not_import_each_other: (
        {
            "evaluation/metric/__init__.py": "",
            "evaluation/bucket/__init__.py": "",
            "evaluation/metric/one.py": "from lrec.evaluation.bucket import Activity",
        },
        "lrec.evaluation.metric.one -> lrec.evaluation.bucket",
    ),
    a_module_with_one_importer_lives_in_its_folder: (
        {
            "commands/tune/__init__.py": "",
            "commands/one.py": "",
            "commands/tune/two.py": "import lrec.commands.one",
        },
        "lrec.commands.one, imported by lrec.commands.tune.two only",
    ),
    no_two_modules_share_a_stem: ({"base/one.py": "", "data/one.py": ""}, "one"),
    no_two_public_classes_share_a_name: (
        {"base/one.py": "class A: ...", "data/two.py": "class A: ..."},
        "A: lrec.base.one, lrec.data.two",
    ),
    only_cli_imports_hydra_and_only_tracking_mlflow: (
        {"data/one.py": "def one():\n    from hydra.utils import get_class"},
        "lrec.data.one -> hydra",
    ),
    sets_are_sorted_and_not_hashed: (
        {"data/one.py": "import numpy as np\nA, B = np.unique([1]), np.isin([1], [2])"},
        "lrec.data.one: np.isin",
    ),
    heavy_libraries_are_imported_when_needed: (
        {"data/one.py": "import pandas as pd"},
        "lrec.data.one -> pandas",
    ),
}


def name_of(rule: Rule) -> str:
    return rule.__name__


@pytest.mark.parametrize("rule", PLANTED, ids=name_of)
def test_the_package_keeps(rule: Rule) -> None:
    assert rule(PACKAGE) == []


@pytest.mark.parametrize("rule", PLANTED, ids=name_of)
def test_an_offender_is_found_by(rule: Rule, tmp_path: Path) -> None:
    package = tmp_path / "lrec"
    for file in ("__init__.py", *(f"{one}/__init__.py" for one in ROOMS)):
        write(package / file, "")
    assert rule(package) == []
    files, words = PLANTED[rule]
    for file, text in files.items():
        write(package / file, text)
    assert words in "\n".join(rule(package))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_importing_the_front_door_and_every_command_loads_nothing_heavy() -> None:
    names = [f"lrec.commands.{command.module}" for command in COMMANDS.values()]
    code = f"import sys, lrec.cli.job, {', '.join(names)}\n"
    code += "print(*{m.split('.')[0] for m in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {"lrec", "hydra", "numpy"} <= loaded
    assert not loaded & HEAVY


def test_commands_name_settings_and_functions() -> None:
    loaded = {name: command.load() for name, command in COMMANDS.items()}
    assert [
        name
        for name, (settings, run) in loaded.items()
        if not (settings.file.startswith("conf/") and callable(run))
    ] == []
