"""Silence: TensorFlow without the messages of its native code."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Hide what native code writes to standard error, unless it fails (or LREC_DEBUG=1).

    TensorFlow's libraries write there before their log level can be set. It is shown when an
    exception is raised, except a `RuntimeError`, which explains itself.
    """
    if os.environ.get("LREC_DEBUG") == "1":
        yield
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except Exception as error:
            if not isinstance(error, RuntimeError):
                hidden.seek(0)
                os.write(stderr, hidden.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
