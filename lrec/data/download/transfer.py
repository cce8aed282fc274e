"""One download over HTTP(S), in as many attempts as it takes."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from http.client import HTTPException, InvalidURL
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from rich import progress
from rich.console import Console
from rich.filesize import decimal

from lrec import __version__
from lrec.base.errors import printable, redact

TIMEOUT = 30.0  # seconds without a byte, after which a connection has stalled
TRIES = 5  # attempts in a row that may bring nothing new
PAUSE = 1.0  # seconds before another attempt, doubled after each that brought nothing new
CHUNK = 1 << 18  # bytes read at once
BUSY = (408, 425, 429)  # statuses that, like those from 500 up, may pass
COLUMNS = (
    progress.BarColumn,
    progress.DownloadColumn,
    progress.TransferSpeedColumn,
    progress.TimeRemainingColumn,
)


class BrokenError(Exception):
    """A transfer ended too early.

    Attributes:
        again: True if another attempt may go further.
    """

    def __init__(self, reason: object, again: bool = True) -> None:
        super().__init__(str(reason))
        self.again = again


class Transfer:
    """A download from an address into a file, appended to what the file holds already.

    Args:
        address: http, https or file; it may hold a user's name and password, as
            `https://name:password@host/…`, which are sent to no other host.
        partial: file for the bytes; there may be some from an earlier run.
        pinned: True if the caller knows a checksum of the result. Then a server whose certificate
            does not hold is read all the same.
    """

    def __init__(self, address: str, partial: Path, pinned: bool) -> None:
        self.login, at, _ = urlsplit(address).netloc.rpartition("@")
        self.address = address.replace(self.login + at, "", 1)
        self.partial = partial
        self.pinned = pinned
        self.context = ssl.create_default_context()
        self.version: str | None = None  # of the file on the server, where it states one
        self.furthest = 0  # most bytes that the file has had

    @property
    def size(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def run(self) -> None:
        """Attempt until all of it is there.

        Raises:
            BrokenError: `TRIES` attempts in a row got no further, or no other one would.
            OSError: the file cannot be written.
        """
        start = time.monotonic()
        begun = self.furthest = self.size
        tries = 0
        say(f"downloading {self.address}" + (f" from {decimal(begun)} on" if begun else ""))
        while True:
            try:
                self._attempt()
                break
            except BrokenError as broken:
                tries = 0 if self.size > self.furthest else tries + 1
                self.furthest = max(self.furthest, self.size)
                final = not broken.again and self.furthest == begun
                if final or tries == TRIES:
                    raise
                say(f"{broken}, after {decimal(self.size)}: trying again")
                time.sleep(PAUSE * 2**tries)
        say(f"downloaded {decimal(self.size)} in {time.monotonic() - start:.0f} s")

    def _attempt(self) -> None:
        """Request what is missing and append it; all of it, where the server has no parts."""
        size = self.size
        headers = {"User-Agent": f"lrec/{__version__}"}
        if size:
            headers["Range"] = f"bytes={size}-"
            if self.version:
                headers["If-Range"] = self.version
        request = Request(self.address, headers=headers)
        if self.login:
            name, _, password = map(unquote, self.login.partition(":"))
            login = b64encode(f"{name}:{password}".encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {login}")
        with self._open(request) as response:
            part, length = response.headers["Content-Range"], response.headers["Content-Length"]
            if response.status == 416 and part == f"bytes */{size}":
                return  # a run before this one got all of it, and no further
            resumed = response.status == 206 and str(part).startswith(f"bytes {size}-")
            if response.status in (206, 416) and not resumed:
                self.partial.unlink(missing_ok=True)
                raise BrokenError("the server sent another part than asked for")
            self.version = response.headers["ETag"] or response.headers["Last-Modified"]
            with self.partial.open("ab" if resumed else "wb") as file:
                whole = file.tell() + int(length) if length else None
                self._copy(response, file, whole)
                if whole and file.tell() < whole:
                    raise BrokenError("the connection ended early")

    def _open(self, request: Request) -> Any:
        try:
            return urlopen(request, timeout=TIMEOUT, context=self.context)
        except HTTPError as error:
            if error.code == 416:
                return error
            raise BrokenError(
                f"{error.code} {error.reason}", error.code in BUSY or error.code >= 500
            ) from None
        except URLError as error:
            reason = error.reason
            if isinstance(reason, ssl.SSLCertVerificationError) and self._trust():
                say(f"no valid certificate ({reason.verify_message}): the checksum will tell")
                return self._open(request)
            text = getattr(reason, "strerror", None) or reason
            raise BrokenError(f"no connection: {text}; is there a network?", again=False) from None
        except InvalidURL:  # whose text may be a part of a password
            raise BrokenError("this is no address", again=False) from None
        except (OSError, HTTPException) as error:
            raise BrokenError(_reason(error)) from None

    def _trust(self) -> bool:
        """Do without the server's certificate from now on; True if it was needed before.

        Not where a password is sent, which no checksum protects.
        """
        before = self.context.verify_mode
        if self.pinned and not self.login:
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        return self.context.verify_mode != before

    def _copy(self, response: Any, file: Any, whole: int | None) -> None:
        """Write received bytes until `file` has `whole` of them, with a bar on a terminal."""
        console = Console()
        hidden = not console.is_terminal
        columns = [column() for column in COLUMNS]
        with progress.Progress(*columns, console=console, transient=True, disable=hidden) as bar:
            task = bar.add_task("", total=whole)
            while whole is None or file.tell() < whole:
                try:
                    chunk = response.read1(CHUNK)
                except (OSError, HTTPException) as error:
                    raise BrokenError(_reason(error)) from None
                if not chunk:
                    break
                file.write(chunk)
                bar.update(task, completed=file.tell())


def say(text: str) -> None:
    """Print a line, without passwords."""
    Console(highlight=False).print(printable(redact(text)), markup=False, soft_wrap=True)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing came for {TIMEOUT:g} s"
    return f"the connection broke ({error or type(error).__name__})"
