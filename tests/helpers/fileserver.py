"""A file server on loopback that misbehaves as told, and remembers what it was asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served, and how.

    Attributes:
        files: by name, whatever the folder.
        faults: what goes wrong with each next request: a status; `truncate` and `stall`: after
            half of what is left; `corrupt`: the last byte; `whole`: Range is ignored; `elsewhere`:
            another part than asked for; `unmeasured`: no length; bytes: the file has become this.
        asked: first byte of each request, and how many were sent.
        logins: what each request said of who asks, or None.
        woken: ends all stalls.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[int | str | bytes] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)
    woken: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.logins.append(self.headers["Authorization"])
        fault = site.faults.pop(0) if site.faults else None
        name = self.path.rpartition("/")[2]
        if isinstance(fault, bytes):
            site.files[name] = fault
        body = site.files.get(name)
        if isinstance(fault, int) or body is None:
            site.asked.append((0, 0))
            self.send_error(fault if isinstance(fault, int) else 404)
            return
        found = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        start = int(found[1]) if found and fault != "whole" else 0
        current = self.headers["If-Range"] in (None, self.version(body))
        start = start if current else 0
        if start >= len(body):
            site.asked.append((start, 0))
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        place = start // 2 if fault == "elsewhere" else start
        rest = body[place:]
        if fault == "corrupt":
            rest = rest[:-1] + bytes([rest[-1] ^ 1])
        sent = rest[: len(rest) // 2] if fault in ("truncate", "stall") else rest
        site.asked.append((start, len(sent)))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {place}-{len(body) - 1}/{len(body)}")
        if fault != "unmeasured":
            self.send_header("Content-Length", str(len(rest)))
        self.send_header("ETag", self.version(body))
        self.end_headers()
        self.wfile.write(sent)
        self.wfile.flush()
        if fault == "stall":
            site.woken.wait(20)

    @staticmethod
    def version(body: bytes) -> str:
        return f'"{hash(body)}"'

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(server: ThreadingHTTPServer, scheme: str = "http") -> Iterator[Site]:
    site = Site(f"{scheme}://127.0.0.1:{server.server_port}/files")
    server.RequestHandlerClass = type("Bound", (Handler,), {"site": site})
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.woken.set()
        server.shutdown()
        server.server_close()
        thread.join()
