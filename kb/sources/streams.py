"""Bytes of a saved feed: unpacked, by lines or whole, and never more than is good for us."""

from __future__ import annotations

import gzip
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 4 * 1024 * 1024
MAX_WHOLE = 64 * 1024 * 1024
MAX_STREAM = 1024 * 1024 * 1024


@contextmanager
def unpacked(stream: io.BufferedReader[Any]) -> Iterator[io.BufferedReader[Any]]:
    """The stream, gunzipped where its first bytes say that it is packed."""
    if stream.peek(2)[:2] != b"\x1f\x8b":
        yield stream
        return
    with gzip.GzipFile(fileobj=stream) as unzipped, io.BufferedReader(unzipped) as buffered:
        yield buffered


def whole(first: bytes, stream: io.BufferedReader[Any]) -> bytes:
    """`first` and all that follows. Raises ValueError beyond MAX_WHOLE bytes."""
    data = first + stream.read(max(0, MAX_WHOLE + 1 - len(first)))
    if len(data) > MAX_WHOLE:
        raise ValueError(
            f"more than {MAX_WHOLE >> 20} MiB in one document; split it, or use JSON lines"
        )
    return data


def lines(head: bytes, stream: io.BufferedReader[Any]) -> Iterator[bytes]:
    """The lines of `head` and then of `stream`.

    Of an overlong line MAX_LINE + 1 bytes are given and the rest is passed over. Raises ValueError
    after MAX_STREAM bytes.
    """
    buffered = io.BytesIO(head)
    limit = MAX_LINE + 1

    def chunk() -> bytes:
        part = buffered.readline(limit)
        if len(part) < limit and not part.endswith(b"\n"):
            part += stream.readline(limit - len(part))
        return part

    taken = 0
    while line := chunk():
        yield line
        taken += len(line)
        while len(line) == limit and not line.endswith(b"\n"):
            line = chunk()
            taken += len(line)
        if taken > MAX_STREAM:
            raise ValueError(f"more than {MAX_STREAM >> 30} GiB; the rest was not read")
