"""Digest of the code that results come from, for results that are kept."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lrec.base.config import plugins
from lrec.base.config.component import Component
from lrec.base.config.conf import PACKAGE
from lrec.base.files import digest_of_file, digest_of_values


def code_digest(components: Iterable[Component]) -> str:
    """Digest of lrec's code, and of the packages of components that lie elsewhere."""
    kinds = {type(component) for component in components}
    files = {Path(inspect.getfile(kind)) for kind in kinds}
    packages = plugins.outside(kind.__module__ for kind in kinds)
    own = {file for file in files if not file.is_relative_to(PACKAGE)}
    own |= {file for package in packages for file in plugins.package_files(package)}
    return digest_of_values([_package_digest(), *(digest_of_file(file) for file in sorted(own))])


def plugin_digest(targets: Iterable[str]) -> str | None:
    """Digest of the packages other than lrec that classes lie in; None where there are none.

    Args:
        targets: dotted names of classes.
    """
    packages = plugins.outside(targets)
    files = [file for package in packages for file in plugins.package_files(package)]
    return digest_of_values([digest_of_file(file) for file in files]) if packages else None


@cache
def _package_digest() -> str:
    return digest_of_values([digest_of_file(file) for file in sorted(PACKAGE.rglob("*.py"))])
