"""Pins how published files are fetched: resumed, verified, kept, shared, and refused."""

from __future__ import annotations

import datetime
import errno
import hashlib
import io
import os
import random
import re
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from helpers.fileserver import Site, serving

from lrec.base.errors import DataError
from lrec.data.download import transfer
from lrec.data.download.fetch import fetch

BODY = random.Random(0).randbytes(600_000)
OTHER = random.Random(1).randbytes(600_000)
HALF = len(BODY) // 2


def remote(address: str, body: bytes = BODY) -> tuple[str, str]:
    """Address and checksum."""
    return f"{address}/data.zip", hashlib.sha256(body).hexdigest()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(transfer, "TIMEOUT", 0.2)
    monkeypatch.setattr(transfer, "PAUSE", 0.001)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)) as site:
        site.files["data.zip"] = BODY
        yield site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "down" / "loads"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refused(*arguments: Any, **options: Any) -> str:
    """The message about a file that cannot be had: one line."""
    with pytest.raises(DataError) as error:
        fetch(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_is_fetched_once(site: Site, folder: Path, capsys: pytest.CaptureFixture) -> None:
    path = fetch(*remote(site.address), folder)
    assert path == folder / "data.zip"
    assert path.read_bytes() == BODY
    assert capsys.readouterr().out.splitlines() == [
        f"downloading {site.address}/data.zip",
        "downloaded 600.0 kB in 0 s",
    ]
    assert fetch(*remote(site.address), folder) == path
    assert site.asked == [(0, len(BODY))]
    assert names(folder) == ["data.zip"]
    assert capsys.readouterr().out == ""


def test_a_bar_on_a_terminal(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    fetch(*remote(site.address), folder)
    assert re.search(r"━.*600.*/600.0 kB", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("faults", "starts"),
    [
        pytest.param(["truncate"], [0, HALF], id="truncated"),
        pytest.param(["stall"], [0, HALF], id="stalled"),
        pytest.param(["truncate", "stall"], [0, HALF, HALF + HALF // 2], id="both"),
        pytest.param(["truncate", "whole"], [0, 0], id="no parts"),
        pytest.param(["truncate", "elsewhere"], [0, HALF, 0], id="wrong part"),
        pytest.param([503, 429, 500], [0, 0, 0, 0], id="busy"),
        pytest.param(["truncate", 503], [0, 0, HALF], id="busy later"),
        pytest.param(["unmeasured"], [0], id="no length"),
        pytest.param(["corrupt"], [0, 0], id="corrupted"),
        pytest.param(["truncate", "corrupt"], [0, HALF, 0], id="corrupted later"),
    ],
)
def test_faults_are_mended(
    site: Site, folder: Path, faults: list[int | str], starts: list[int]
) -> None:
    site.faults += faults
    assert fetch(*remote(site.address), folder).read_bytes() == BODY
    assert [start for start, _ in site.asked] == starts
    assert names(folder) == ["data.zip"]


def test_as_many_attempts_as_get_further(site: Site, folder: Path) -> None:
    """Each brings half of what is missing: more of them than may fail in a row."""
    site.faults += ["truncate"] * (transfer.TRIES + 4)
    assert fetch(*remote(site.address), folder).read_bytes() == BODY
    assert len(site.asked) == transfer.TRIES + 5
    assert sum(sent for _, sent in site.asked) == len(BODY)


def test_attempts_that_get_no_further_end(site: Site, folder: Path) -> None:
    site.faults += ["truncate"] + [503] * 99
    message = refused(*remote(site.address), folder)
    assert len(site.asked) == 1 + transfer.TRIES
    assert "503 Service Unavailable" in message
    assert (folder / "data.zip.partial").read_bytes() == BODY[:HALF]
    assert names(folder) == ["data.zip.partial"]


def test_versions_are_not_sewn_together(site: Site, folder: Path) -> None:
    site.files["data.zip"] = OTHER
    site.faults += ["truncate", BODY]
    with pytest.warns(UserWarning, match=hashlib.sha256(BODY).hexdigest()):
        path = fetch(*remote(site.address, b"neither"), folder, verify=False)
    assert path.read_bytes() == BODY


def fetching(site: Site, folder: Path) -> subprocess.Popen[str]:
    """Another process that fetches the same."""
    call = f"fetch(*{remote(site.address)!r}, Path({str(folder)!r}))"
    code = f"from lrec.data.download.fetch import *; {call}"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def wait_for(path: Path, size: int) -> None:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size == size):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_download_goes_on_where_it_was(
    site: Site, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    site.faults.append("stall")
    with fetching(site, folder) as process:
        wait_for(folder / "data.zip.partial", HALF)
        process.kill()
    assert names(folder) == ["data.zip.partial"]
    assert fetch(*remote(site.address), folder).read_bytes() == BODY
    assert site.asked == [(0, HALF), (HALF, HALF)]
    assert f"{site.address}/data.zip from 300.0 kB on" in capsys.readouterr().out


def test_two_downloads_at_once(site: Site, folder: Path) -> None:
    site.faults.append("stall")
    with fetching(site, folder) as first:
        wait_for(folder / "data.zip.partial", HALF)
        with fetching(site, folder) as second:
            assert second.stdout
            waits = second.stdout.readline()
            site.woken.set()
            assert (first.wait(60), second.wait(60)) == (0, 0)
    assert f"another run is downloading to {folder}" in waits
    assert (folder / "data.zip").read_bytes() == BODY
    assert site.asked == [(0, HALF), (HALF, HALF)]
    assert names(folder) == ["data.zip"]


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOTSUP, errno.EROFS])
def test_without_locks_the_checksum_decides(
    site: Site, folder: Path, reason: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: Any, **__: Any) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(FileLock, "acquire", unsupported)
    assert fetch(*remote(site.address), folder).read_bytes() == BODY


def test_a_folder_that_can_only_be_read_serves_what_it_has(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "data.zip").write_bytes(BODY)
    Path(f"{folder}.lock").mkdir()  # no lock can be made there
    assert fetch(*remote("http://127.0.0.1:9"), folder).read_bytes() == BODY


def test_killed_after_the_last_byte(site: Site, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "data.zip.partial").write_bytes(BODY)
    assert fetch(*remote(site.address), folder).read_bytes() == BODY
    assert site.asked == [(len(BODY), 0)]


@pytest.mark.parametrize("left", [OTHER[:HALF], OTHER, OTHER + b"more"], ids=len)
def test_what_was_left_of_another_file_is_replaced(site: Site, folder: Path, left: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "data.zip.partial").write_bytes(left)
    assert fetch(*remote(site.address), folder).read_bytes() == BODY
    assert names(folder) == ["data.zip"]


def test_a_file_that_is_not_the_pinned_one_is_refused(site: Site, folder: Path) -> None:
    site.files["data.zip"] = OTHER
    message = refused(*remote(site.address), folder)
    assert f"{site.address}/data.zip is not the pinned file" in message
    assert hashlib.sha256(OTHER).hexdigest() in message
    assert hashlib.sha256(BODY).hexdigest() in message
    assert "dataset.verify=false" in message
    assert len(site.asked) == 2
    assert names(folder) == []


def test_a_file_that_is_not_the_pinned_one_is_taken_if_asked(site: Site, folder: Path) -> None:
    site.files["data.zip"] = OTHER
    folder.mkdir(parents=True)
    (folder / "data.zip.partial").write_bytes(BODY[:HALF])
    for _ in range(2):
        with pytest.warns(UserWarning, match=hashlib.sha256(OTHER).hexdigest()):
            assert fetch(*remote(site.address), folder, verify=False).read_bytes() == OTHER
    assert site.asked == [(0, len(OTHER))]


def test_a_wrong_file_in_its_place_is_replaced(site: Site, folder: Path) -> None:
    """Such as one that was cut when somebody copied it there."""
    folder.mkdir(parents=True)
    (folder / "data.zip").write_bytes(BODY[:-1])
    assert fetch(*remote(site.address), folder).read_bytes() == BODY


def test_a_file_put_in_its_place_needs_no_network(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "data.zip").write_bytes(BODY)
    assert fetch(*remote("http://127.0.0.1:9"), folder).read_bytes() == BODY


def test_without_a_network_it_says_what_to_fetch_and_where_to_put_it(folder: Path) -> None:
    start = time.monotonic()
    message = refused(*remote("http://127.0.0.1:9"), folder)
    assert time.monotonic() - start < 1
    assert message == (
        "http://127.0.0.1:9/data.zip could not be downloaded (no connection: Connection refused; "
        f"is there a network?): fetch it elsewhere and put it at {folder / 'data.zip'}, or name a "
        "file at hand, dataset.path=…, or another source, dataset.mirror=…"
    )


def test_a_file_that_is_not_there_is_asked_for_once(site: Site, folder: Path) -> None:
    message = refused(f"{site.address}/gone.zip", "", folder)
    assert "404 Not Found" in message
    assert len(site.asked) == 1


@pytest.mark.parametrize("ending", ["", "/"])
def test_mirror(site: Site, folder: Path, ending: str) -> None:
    official = remote("http://127.0.0.1:9/official")
    assert fetch(*official, folder, mirror=site.address + ending).read_bytes() == BODY


def test_a_mirror_is_told_who_asks(site: Site, folder: Path, capsys: pytest.CaptureFixture) -> None:
    official = remote("http://127.0.0.1:9/official")
    for number, (login, expected) in enumerate(
        {
            "ann:s3%40cret": b"ann:s3@cret",
            "ann:s3@cret": b"ann:s3@cret",
            "s3cret": b"s3cret:",
        }.items()
    ):
        mirror = site.address.replace("://", f"://{login}@")
        site.faults.append("truncate")  # and it is sent again
        assert fetch(*official, folder / str(number), mirror=mirror).read_bytes() == BODY
        assert site.logins[-2:] == [f"Basic {b64encode(expected).decode()}"] * 2
    message = refused(f"{official[0]}x", "", folder, mirror=mirror)
    assert f"{site.address.replace('://', '://***@')}/data.zipx could not be downloaded" in message
    assert "s3" not in capsys.readouterr().out


@pytest.mark.parametrize("host", ["127.0.0.1 ", "127.0.0.1:x"])
def test_an_address_that_is_none_is_not_repeated(
    folder: Path, host: str, capsys: pytest.CaptureFixture
) -> None:
    message = refused(*remote("http://official"), folder, mirror=f"http://ann:s3cret@{host}/")
    assert "this is no address" in message
    assert "s3cret" not in message + capsys.readouterr().out


def test_a_folder_may_be_the_mirror(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "data.zip").write_bytes(BODY)
    official = remote("http://127.0.0.1:9/official")
    assert fetch(*official, folder, mirror=tmp_path.as_uri()).read_bytes() == BODY
    assert "No such file" in refused(*official, folder / "b", mirror=(tmp_path / "c").as_uri())


def test_a_folder_that_cannot_be_written(site: Site, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file, not a folder")
    message = refused(*remote(site.address), tmp_path / "blocked" / "in")
    assert "could not be kept" in message
    assert "Not a directory" in message
    assert "dataset.download=" in message
    assert site.asked == []


def test_a_full_disk_keeps_what_fits(site: Site, folder: Path) -> None:
    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() + len(data) > HALF:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    def opened(path: Path, mode: str = "r") -> Any:
        return Full(path, mode.replace("b", "")) if mode in ("ab", "wb") else open(path, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", opened)
        message = refused(*remote(site.address), folder)
    assert "No space left on device" in message
    assert "dataset.download=" in message
    kept = (folder / "data.zip.partial").stat().st_size
    assert 0 < kept <= HALF
    assert fetch(*remote(site.address), folder).read_bytes() == BODY
    assert site.asked[1] == (kept, len(BODY) - kept)


@pytest.fixture
def expired(tmp_path: Path) -> Iterator[Site]:
    """A server whose certificate has run out, and is its own authority."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    then = datetime.datetime(2020, 1, 1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, then, then.replace(month=2))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "pem").write_bytes(private + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server, "https") as site:
        site.files["data.zip"] = BODY
        yield site


def test_the_checksum_stands_in_for_a_certificate(
    expired: Site, folder: Path, capsys: pytest.CaptureFixture
) -> None:
    assert fetch(*remote(expired.address), folder).read_bytes() == BODY
    assert "no valid certificate" in capsys.readouterr().out


def test_without_a_checksum_a_certificate_is_needed(expired: Site, folder: Path) -> None:
    message = refused(*remote(expired.address), folder, verify=False)
    assert "certificate" in message
    assert expired.asked == []


def test_no_password_goes_to_a_host_without_a_certificate(expired: Site, folder: Path) -> None:
    address, checksum = remote(expired.address.replace("//", "//ann:secret@"))
    message = refused(address, checksum, folder)
    assert "certificate" in message
    assert "secret" not in message
    assert expired.asked == []
