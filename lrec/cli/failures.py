"""Unexpected failures: the traceback goes to the log of the job, the place into the error line."""

from __future__ import annotations

import linecache
import re
import site
import sysconfig
import traceback
from pathlib import Path

from lrec.base.config.conf import PACKAGE
from lrec.base.errors import redact
from lrec.base.files import write_text

# TensorFlow traces functions from copies, and tells the place in the message.
TRACED = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


def explain_failure(error: BaseException, log: Path) -> str:
    """Append the traceback of an unexpected error to a log; say where it was raised, and that.

    Args:
        log: of the job, `train.log` in the run's folder.

    Returns:
        A clause for the end of the error's line; empty for what lrec refused itself, which is
        explained already. Where the disk is full, the traceback is kept nowhere.
    """
    if _is_refusal(error):
        return ""
    text = "".join(traceback.format_exception(error))
    try:
        before = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        write_text(log, redact(before + text))
    except OSError:
        return f" ({_place(error)}; traceback: LREC_DEBUG=1)"
    return f" ({_place(error)}; traceback: {log}, or LREC_DEBUG=1)"


def _is_refusal(error: BaseException) -> bool:
    """True if a `raise` in lrec's code, or the operating system, made the error."""
    if isinstance(error, OSError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or not Path(frames[-1].filename).is_relative_to(PACKAGE):
        return False
    line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0)
    return line.lstrip().startswith("raise ")


def _place(error: BaseException) -> str:
    """The innermost place that is neither in a library nor in lrec's own machinery."""
    places = [
        *((f.filename, f.lineno, f.name) for f in traceback.extract_tb(error.__traceback__)),
        *TRACED.findall(str(error)),
    ]
    ours = [place for place in places if not _is_library(place[0])]
    file, line, function = (ours or places)[-1]
    return f"{Path(file).name}:{line}, in {function}"


def _is_library(file: str) -> bool:
    path = Path(file)
    if path.is_relative_to(PACKAGE):
        return False
    folders = [*site.getsitepackages(), sysconfig.get_path("stdlib")]
    return not path.is_absolute() or any(path.is_relative_to(folder) for folder in folders)
