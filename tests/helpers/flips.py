"""Files with one bit flipped, at places that a seed decides."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lrec.base.array_files import SIZE
from lrec.base.mapped_arrays import LENGTH

LOCAL_HEADER = 30  # bytes of a member's header in a zip archive, before its name


class Flips:
    """All bytes of a file's headers, and the rest, its payload, from which bytes are drawn.

    Args:
        path: of the file; of one that holds no arrays, every byte counts as a header.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        payload = np.zeros(len(self.content), bool)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    payload[self._payload(member)] = True
        elif path.suffix == ".data":  # of mapped arrays
            start = LENGTH + int.from_bytes(self.content[:LENGTH], "little")
            payload[start : len(self.content) - SIZE] = True
        self.headers, self.payload = np.flatnonzero(~payload), np.flatnonzero(payload)

    def drawn(self, n: int, generator: np.random.Generator) -> Iterator[int]:
        """Flip one bit after the other in the file, which is whole again at the end.

        Args:
            n: flips; a bit in each byte of the headers first, in random order, but at most half of
                them where there is a payload and n does not reach all.

        Yields:
            The position of the byte.
        """
        headers = generator.permutation(self.headers)
        if n < 2 * len(headers) and len(self.payload):
            headers = headers[: max(n // 2, n - len(self.payload))]
        rest = self.payload if len(self.payload) else self.headers
        more = generator.choice(rest, max(n - len(headers), 0))
        try:
            for position in [*headers, *more][:n]:
                flipped = bytearray(self.content)
                flipped[position] ^= 1 << int(generator.integers(8))
                self.path.write_bytes(flipped)
                yield int(position)
        finally:
            self.path.write_bytes(self.content)

    def _payload(self, member: zipfile.ZipInfo) -> slice:
        """The bytes of an array, without the archive's header and, if not compressed, numpy's."""
        start = member.header_offset
        lengths = np.frombuffer(self.content[start + 26 : start + LOCAL_HEADER], "<u2")
        start += LOCAL_HEADER + int(lengths.sum())
        end = start + member.compress_size
        if member.compress_type == zipfile.ZIP_STORED:
            size = int.from_bytes(self.content[start + 8 : start + 10], "little")  # .npy 1.0
            start += 10 + size
        return slice(start, end)
