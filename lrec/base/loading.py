"""Import of a large library without garbage collection, which its many objects would set off."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def first_import(library: str) -> Iterator[None]:
    """Import a library in the block: without garbage collection, which never looks at it again.

    Its functions and classes stay. Collecting among them takes a third of the time of the import.

    Args:
        library: that the block imports. The block is like any other where that has been done.
    """
    if library in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
