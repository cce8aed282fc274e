"""Bytes of a file as they were before compression, and the encoding of its text."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from lrec.base.errors import DataError, listed

Source = Path | zipfile.Path  # a file, or a member of an archive
SAMPLE = 1 << 16  # bytes by which a file is recognised
ZIP = b"PK\x03\x04"
TAR, SEVEN_ZIP = b"ustar", b"7z\xbc\xaf\x27\x1c"
BOMS = {  # the longer first: UTF-32's begins as UTF-16's does
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CP1252, LATIN_1 = "cp1252", "latin-1"
SURROGATES = range(0xDC80, 0xDD00)  # of bytes that are no UTF-8


def check_encoding(encoding: str | None) -> None:
    """Refuse an encoding that Python does not know.

    Raises:
        ValueError: naming it.
    """
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        raise ValueError(
            "encoding must be one that Python knows, such as utf-8, cp1252 or gb18030. "
            f"Received: {encoding!r}"
        ) from None


def _zstd(file: Any, mode: str) -> Any:
    import pyarrow as pa

    stream = pa.CompressedInputStream(pa.PythonFile(file, mode=mode[0]), "zstd")
    return io.BytesIO(stream.read())  # its own can go back to no place


# By their first bytes: names of files often tell another compression, or none.
COMPRESSIONS: dict[bytes, Callable[[Any, Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
    b"\x28\xb5\x2f\xfd": _zstd,
}


@contextmanager
def opened(path: Source) -> Iterator[IO[bytes]]:
    """The content of a file, decompressed as its first bytes tell; of a zip its only member.

    Raises:
        DataError: a zip has several members.
    """
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        start = file.read(6)
        file.seek(0)
        for magic, open_compressed in COMPRESSIONS.items():
            if start.startswith(magic):
                yield stack.enter_context(open_compressed(file, "rb"))
                return
        if start.startswith(ZIP):
            archive = stack.enter_context(zipfile.ZipFile(file))
            members = [name for name in archive.namelist() if not name.endswith("/")]
            if "[Content_Types].xml" not in members:  # else a workbook, whose reader unpacks it
                if len(members) != 1:
                    raise DataError(
                        f"{path} is a zip of several files: {listed(members)}. Unpack the one "
                        "that is meant."
                    )
                yield stack.enter_context(archive.open(members[0]))
                return
            file.seek(0)
        yield file


def sample_of(path: Source) -> bytes:
    """The first bytes of a file's content.

    Raises:
        DataError: it is an archive, compressed or not.
    """
    with opened(path) as file:
        sample = file.read(SAMPLE)
    if sample[257:262] == TAR or sample.startswith(SEVEN_ZIP):
        raise DataError(f"{path} is an archive: unpack it, and name the file that is meant.")
    return sample


def encoding_of(sample: bytes) -> str:
    """The encoding of a text by its first bytes: a byte order mark, zeros of UTF-16, or UTF-8."""
    for mark, encoding in BOMS.items():
        if sample.startswith(mark):
            return encoding
    if len(sample) > 3:
        # At least nine of ten letters of UTF-16 are of the first 256, with a zero beside each.
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros, others = sample[start::2].count(0), sample[1 - start :: 2].count(0)
            if zeros > 0.9 * len(sample[start::2]) and not others:
                return encoding
    return "utf-8"


def legacy_encoding(path: Source) -> str:
    """The encoding of a text that is not all UTF-8: Windows-1252, or Latin-1 where that fails.

    Detectors of single-byte encodings guess wrongly on names and titles, of which few letters are
    not ASCII; so no other is guessed, and `dataset.encoding` names it.

    Raises:
        DataError: the file is UTF-8 but for a few damaged bytes.
    """
    with opened(path) as file:
        content = file.read().removeprefix(codecs.BOM_UTF8)
    text = content.decode("utf-8", "surrogateescape")
    letters = [ord(letter) for letter in text if letter > "\x7f"]
    damaged = sum(letter in SURROGATES for letter in letters)
    if len(letters) - damaged > damaged:
        place = next(place for place, letter in enumerate(text) if ord(letter) in SURROGATES)
        raise DataError(
            f"{path} is UTF-8 but for {damaged} damaged bytes, the first 0x"
            f"{ord(text[place]) - 0xDC00:02x} in line {text.count(chr(10), 0, place) + 1}. Mend "
            "them, or name another encoding, such as dataset.encoding=cp1252."
        )
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return LATIN_1
    return CP1252
