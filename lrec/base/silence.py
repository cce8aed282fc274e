"""TensorFlow without its chatter."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep native code off standard error, unless it fails there (or LREC_DEBUG=1).

    TensorFlow's libraries write there before their log level can be set. Errors that explain
    themselves, and signals, need none of it.
    """
    if os.environ.get("LREC_DEBUG") == "1":
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except Exception as error:
            if not isinstance(error, RuntimeError):
                said.seek(0)
                os.write(kept, said.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
