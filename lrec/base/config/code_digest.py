"""Digest of the code that results come from, for results that are kept."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lrec.base.config import plugins
from lrec.base.config.component import Component
from lrec.base.config.conf import PACKAGE
from lrec.base.errors import ConfigError
from lrec.base.files import digest_of_file, digest_of_values

_known: dict[Path, str] = {}  # digests of plugins' files, from before this process imported them


def refuse_changed(package: str) -> None:
    """Refuse a plugin whose files are no longer the code that this process has imported.

    Called before anything of it is imported, and again with every component of it: an edited
    plugin would, in a notebook, be recorded by its new files while the old code trains.

    Raises:
        ConfigError: naming the file.
    """
    for file in plugins.package_files(package):
        digest = digest_of_file(file)
        if _known.setdefault(file, digest) == digest:
            continue
        if file.resolve() in _imported(package):
            raise ConfigError(
                f"plugin {package} has changed since it was imported: restart Python, which goes "
                f"on with the code that it has. Received: another {file}"
            )
        _known[file] = digest


def code_digest(components: Iterable[Component]) -> str:
    """Digest of lrec's code, and of the packages of components that lie elsewhere."""
    kinds = {type(component) for component in components}
    files = {Path(inspect.getfile(kind)) for kind in kinds}
    packages = plugins.outside(kind.__module__ for kind in kinds)
    own = {file for file in files if not file.is_relative_to(PACKAGE)}
    own |= {file for package in packages for file in plugins.package_files(package)}
    return digest_of_values([_package_digest(), *(_digest(file) for file in sorted(own))])


def plugin_digest(targets: Iterable[str]) -> str | None:
    """Digest of the packages other than lrec that classes lie in; None where there are none.

    Args:
        targets: dotted names of classes.
    """
    packages = plugins.outside(targets)
    files = [file for package in packages for file in plugins.package_files(package)]
    return digest_of_values([_digest(file) for file in files]) if packages else None


def _digest(file: Path) -> str:
    """Digest of a file of a plugin, as it was when its code was imported."""
    return _known.get(file) or digest_of_file(file)


def _imported(package: str) -> set[Path]:
    """The files of a package whose code this process has."""
    modules = [m for name, m in sys.modules.items() if name.partition(".")[0] == package]
    files = [getattr(module, "__file__", None) for module in modules]
    return {Path(file).resolve() for file in files if file}


@cache
def _package_digest() -> str:
    return digest_of_values([digest_of_file(file) for file in sorted(PACKAGE.rglob("*.py"))])
