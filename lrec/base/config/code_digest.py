"""Digest of the code that results come from, for results that are kept."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lrec.base.config.component import Component
from lrec.base.config.conf import PACKAGE
from lrec.base.files import digest_of_file, digest_of_values


def code_digest(components: Iterable[Component]) -> str:
    """Digest of lrec's code, and of the files of components that lie elsewhere."""
    files = {Path(inspect.getfile(type(component))) for component in components}
    own = sorted(str(file) for file in files if not file.is_relative_to(PACKAGE))
    return digest_of_values([_package_digest(), *(digest_of_file(Path(file)) for file in own)])


@cache
def _package_digest() -> str:
    return digest_of_values([digest_of_file(file) for file in sorted(PACKAGE.rglob("*.py"))])
