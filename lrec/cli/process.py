"""The process-wide switches of the command line, in one place, and back."""

from __future__ import annotations

import codecs
import contextlib
import gc
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator

from lrec.base.errors import printable, redact
from lrec.base.uninterrupted import interruptible

ENVIRONMENT = {
    "HYDRA_FULL_ERROR": "1",  # errors come to `lrec.cli.main`, which prints them in one line
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Threads of NumPy's BLAS wait 2**16 cycles for a next product, not 2**26: they wait in a loop,
    # which costs `lrec compare`, with other work between its products, as much as the products do.
    "OPENBLAS_THREAD_TIMEOUT": "16",
}

PLAIN = str.maketrans("–—−━…×·≤≥→²∞“”‘’\N{NO-BREAK SPACE}", "---=.x*<>>2~\"\"'' ")


class RedactedRecord(logging.LogRecord):
    """A log record of any library, without the passwords in it and what steers a terminal."""

    def getMessage(self) -> str:  # noqa: N802 - the name that logging calls
        return "\n".join(map(printable, redact(super().getMessage()).expandtabs(4).split("\n")))


@contextlib.contextmanager
def command_process() -> Iterator[None]:
    """A process that runs one command.

    - Garbage collection is off until `lrec.cli.job` has checked the config, which composing takes
      a tenth longer with.
    - SIGTERM raises SystemExit, so that a run ends as KILLED; a signal whose exception fell where
      Python can only ignore it is sent again, and one that native code lost ends the epoch.
    - A log record that a full disk does not keep prints no traceback: the error that ends the
      command says what could not be written.
    - Log records hold no passwords: Hydra logs the command lines of a sweep's jobs.
    - Lines appear in a pipe as they are printed.
    - A terminal of another encoding gets plain signs for those that it lacks.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    factory = logging.getLogRecordFactory()
    unraisable, collecting = sys.unraisablehook, gc.isenabled()
    shown = logging.raiseExceptions
    codecs.register_error("lrec.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="lrec.plain")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    logging.setLogRecordFactory(RedactedRecord)
    logging.raiseExceptions = os.environ.get("LREC_DEBUG") == "1"
    sys.unraisablehook = _send_again
    gc.disable()
    try:
        with interruptible():
            yield
    finally:
        if collecting:
            gc.enable()
        sys.unraisablehook = unraisable
        logging.raiseExceptions = shown
        logging.setLogRecordFactory(factory)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Plain signs for characters that the encoding of a terminal lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(PLAIN)
    return lacking.encode("ascii", "replace").decode(), error.end


def _send_again(lost: sys.UnraisableHookArgs) -> None:
    """Send a signal again whose exception was raised in a destructor, and lost."""
    number = {SystemExit: signal.SIGTERM, KeyboardInterrupt: signal.SIGINT}.get(lost.exc_type)
    if number is None:
        sys.__unraisablehook__(lost)
    else:
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
