"""The architecture as its imports show it: folders, and the arrows between the rooms of the root.

    python scripts/architecture.py                                       # folders, then arrows
    python scripts/architecture.py --svg docs/pictures/architecture.svg  # the picture of the docs

All imports count, also those inside functions and under TYPE_CHECKING. The exit status is 1 if a
room imports one that stands above it.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "lrec"
# From the front door down; no room imports one that stands above it.
ROOMS = (
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
ROOT = ("__main__", "api")  # doors of the whole house, which may import any room
STEP_X, STEP_Y, WIDTH, HEIGHT = 86, 44, 104, 28  # of the picture's boxes, in pixels


@dataclass(frozen=True)
class Import:
    """One import statement's target.

    Attributes:
        name: dotted; of `from a import b` it is `a.b`, be `b` a module or not.
        at_once: True if importing the file runs it: it is in no function, nor for typing only.
    """

    name: str
    at_once: bool


def modules(package: Path) -> dict[str, Path]:
    """The files of a package by dotted name; a folder's `__init__.py` has the folder's name."""
    named = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imports(path: Path) -> list[Import]:
    """Every import of a file, in order.

    Raises:
        ValueError: an import is relative.
    """

    def walk(node: ast.AST, at_once: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                if child.level or not child.module:
                    raise ValueError(f"imports must be absolute. Received: {path}:{child.lineno}")
                yield from (Import(f"{child.module}.{a.name}", at_once) for a in child.names)
            else:
                typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
                function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, at_once and not (function or typing))

    return list(walk(ast.parse(path.read_text()), True))


def resolved(name: str, named: Mapping[str, Path]) -> str | None:
    """The module that an imported name lies in, or None outside the package."""
    while name and name not in named:
        name = name.rpartition(".")[0]
    return name or None


def graph(package: Path) -> dict[str, set[str]]:
    """The modules of the package that each module imports."""
    named = modules(package)
    return {
        module: {r for i in imports(path) if (r := resolved(i.name, named))} - {module}
        for module, path in named.items()
    }


def room(module: str) -> str | None:
    """The folder of the root that a module lies in, or None for the root's own files and API."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] not in ROOT else None


def arrows(package: Path) -> Counter[tuple[str, str]]:
    """Rooms of which the first imports the second, each with the number of module pairs."""
    pairs = ((room(a), room(b)) for a, others in graph(package).items() for b in others)
    return Counter((a, b) for a, b in pairs if a and b and a != b)


def upwards(counts: Counter[tuple[str, str]], order: Sequence[str] = ROOMS) -> list[str]:
    """The arrows against the order of the rooms, as text."""
    return [f"{a} → {b}" for a, b in sorted(counts) if order.index(a) > order.index(b)]


def folders(package: Path) -> Iterator[str]:
    """A line for each folder: files, lines, and the folders that it imports."""
    named, targets = modules(package), defaultdict(set)
    for module, others in graph(package).items():
        targets[named[module].parent] |= {named[other].parent for other in others}

    def label(folder: Path) -> str:
        return folder.relative_to(package.parent).as_posix()

    for folder in sorted({path.parent for path in named.values()}):
        files = [path for path in named.values() if path.parent == folder]
        lines = sum(len(path.read_text().splitlines()) for path in files)
        others = ", ".join(sorted(label(f) for f in targets[folder] - {folder})) or "nothing"
        yield f"{label(folder):<34} {len(files):>3} files {lines:>6,} lines  imports {others}"


def picture(counts: Counter[tuple[str, str]], order: Sequence[str] = ROOMS) -> str:
    """The rooms as an SVG staircase: a line leaves a room to the right and turns down at a dot.

    Its colours are readable on light and on dark backgrounds.
    """
    corner = [(8 + STEP_X * i, 8 + STEP_Y * i) for i in range(len(order))]
    width, height = corner[-1][0] + WIDTH + 8, corner[-1][1] + HEIGHT + 8
    lines, dots, boxes = [], [], []
    for i, name in enumerate(order):
        x, y = corner[i]
        middle = y + HEIGHT // 2
        below = [j for j in range(i + 1, len(order)) if counts[name, order[j]]]
        above = [j for j in range(i) if counts[order[j], name]]
        if below:
            end = corner[below[-1]][0] + WIDTH // 2
            lines.append(f'<path d="M{x + WIDTH} {middle}H{end}"/>')
        if above:
            start = corner[above[0]][1] + HEIGHT // 2
            lines.append(f'<path d="M{x + WIDTH // 2} {start}V{y - 3}" marker-end="url(#tip)"/>')
        for j in below:
            title = f"<title>{name} → {order[j]}</title>"
            dots.append(
                f'<circle cx="{corner[j][0] + WIDTH // 2}" cy="{middle}" r="5">{title}</circle>'
            )
        boxes.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
            f'<text x="{x + WIDTH // 2}" y="{middle + 5}">{name}</text>'
        )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="14">',
            "<title>The rooms of lrec and the imports between them</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" '
            'markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z" fill="#8a8f98"/>',
            "</marker></defs>",
            '<g fill="none" stroke="#8a8f98" stroke-width="1.5">',
            *lines,
            '</g>\n<g fill="#d9822b">',
            *dots,
            '</g>\n<g fill="#2f6f9f" text-anchor="middle">',
            *(box.replace("<text", '<text fill="#ffffff"') for box in boxes),
            "</g>\n</svg>\n",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print or draw; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--svg", type=Path, help="where to write the picture")
    arguments = parser.parse_args(argv)
    counts = arrows(PACKAGE)
    if arguments.svg:
        arguments.svg.write_text(picture(counts))
    else:
        print("\n".join(folders(PACKAGE)), f"\n{len(counts)} arrows between the rooms:")
        for (a, b), count in sorted(counts.items(), key=lambda p: [ROOMS.index(r) for r in p[0]]):
            print(f"{a + ' → ' + b:<26} {count:>4} imports")
    wrong = upwards(counts)
    print(*(f"upwards: {arrow}" for arrow in wrong), sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
