"""A vault file as it was read, and as text."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kb.errors import Busy, Refused
from kb.vault import disk
from kb.vault.disk import DiskError

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

NOTE_LIMIT = 2 * 1024 * 1024
"""Bytes of one file: what is larger was not written by hand, and would hold up every pass."""
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class Missing(Refused):
    """There is no file of that name."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "is not there; it was renamed, moved or deleted")


@dataclass(frozen=True)
class FileState:
    """A file as it was read: for a later write, what the writer saw."""

    path: str
    data: bytes
    mtime_ns: int
    size: int
    mode: int

    @cached_property
    def sha256(self) -> str:
        """Of the bytes."""
        return sha256(self.data)

    @property
    def text(self) -> str:
        """The bytes as text, BOM and line ends kept. Raises Refused, see `decode`."""
        return decode(self.path, self.data)


def decode(path: str, data: bytes) -> str:
    """UTF-8 text, strictly. Raises Refused for other encodings and for NUL bytes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(path, "is UTF-16; save the file as UTF-8")
    if (at := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, at) + 1
        raise Refused(
            path, f"has a NUL byte in line {line}; it is no text file any more, restore it"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(path, f"line {line} is not UTF-8; save the file as UTF-8") from error


def open_file(path: str, target: Path) -> FileIO:
    """The regular file `target`, open for reading; `path` is its name in messages.

    Raises Missing, Refused where it is no regular file or may not be read, DiskError.
    """
    try:
        descriptor = os.open(target, _OPEN)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Missing(path) from error
    except PermissionError as error:
        raise Refused(path, "may not be read; change its permissions") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused(path, "is a symbolic link that leads nowhere") from error
        if error.errno == errno.ENXIO and stat.S_ISSOCK(target.lstat().st_mode):
            raise Refused(path, "is not a regular file") from error
        raise DiskError(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(path, "is not a regular file")
    return open(descriptor, "rb", buffering=0)  # noqa: PTH123


def state_of(path: str, held: FileIO, limit: int = NOTE_LIMIT) -> FileState:
    """All of an open file, or Refused above `limit` bytes, or Busy while it is being written."""
    for _ in range(3):
        before = os.fstat(held.fileno())
        if before.st_size > limit:
            size = before.st_size / 1048576
            raise Refused(path, f"is {size:.1f} MiB, more than kb reads of one file")
        data = disk.read_all(held.fileno(), limit + 1, expected=before.st_size)
        after = os.fstat(held.fileno())
        if len(data) == before.st_size and before.st_mtime_ns == after.st_mtime_ns:
            mode = stat.S_IMODE(after.st_mode)
            return FileState(path, data, after.st_mtime_ns, len(data), mode)
    raise Busy(path, "is being written by another program")


def holds(target: Path, data: bytes) -> bool:
    """Whether there is a regular file of exactly these bytes."""
    try:
        with open_file(target.name, target) as held:
            return disk.read_all(held.fileno(), len(data) + 1) == data
    except Refused:
        return False


def sha256(data: bytes) -> str:
    """The digest by which bytes are remembered."""
    return hashlib.sha256(data).hexdigest()
