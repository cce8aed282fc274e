"""The load test, against a server that always says yes."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import load_test
import pytest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes] = []  # noqa: RUF012 - of the one server

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200 if self.path == "/invocations" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_latency_of_each_number_of_clients(
    finished, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{finished.folder}/mlflow.db")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        address = f"127.0.0.1:{server.server_port}"
        options = ["--address", address, "--clients", "1", "2", "--seconds", "0.1", "--k", "3"]
        load_test.main([finished.run_id, *options])
    finally:
        server.shutdown()
        server.server_close()
    heads, *rows = capsys.readouterr().out.splitlines()
    assert heads.split() == ["clients", "requests/s", "p50", "ms", "p99", "ms", "failed"]
    assert [row.split()[0] for row in rows] == ["1", "2"]
    assert all(row.split()[-1] == "0" for row in rows)
    body = json.loads(Handler.bodies[0])
    assert body["params"] == {"k": 3}
    assert all(item.startswith("thing-") for item in body["dataframe_records"][0]["history"])
