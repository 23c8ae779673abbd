"""Temporary files: names that say whose they are and whether their bytes may go."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR = 3600.0
_NAME = re.compile(
    r"""\.kb-(?P<host>[0-9a-f]{4})-(?P<pid>\d{1,10})-[0-9a-f]{8}
        (?:-(?P<new>[0-9a-f]{16})-(?P<old>[0-9a-f]{16}))?\.tmp""",
    re.VERBOSE,
)


class Leftover(NamedTuple):
    """A temporary file of a run that has ended."""

    path: str
    ours: bool
    """True where every byte was written or read by kb; False: a reader's, seen by nobody."""


def fresh_name() -> str:
    """A name for bytes that are still being written."""
    return f".kb-{_host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


def staged_name(fresh: str, new: str, old: str) -> str:
    """The name under which a complete file waits to be exchanged.

    `new` and `old` are SHA-256 of its bytes and of those it replaces: after a crash they tell
    our bytes and bytes we had read from bytes that nobody has seen.
    """
    return f"{fresh.removesuffix('.tmp')}-{new[:16]}-{old[:16]}.tmp"


def is_temporary(name: str) -> bool:
    """Whether kb gave this name to a temporary file."""
    return _NAME.fullmatch(name) is not None


def find(root: Path, now: float) -> Iterator[Leftover]:
    """Temporary files below `root` whose run is dead, or that are older than an hour."""
    top = os.fspath(root)
    for folder, inner, names in os.walk(top):
        inner[:] = [name for name in inner if name not in {".git", "node_modules"}]
        for name in names:
            if (match := _NAME.fullmatch(name)) is None:
                continue
            full = os.path.join(folder, name)  # noqa: PTH118  (as fast as the listing itself)
            try:
                seen = os.lstat(full)
                if not _is_over(match, now - max(seen.st_mtime, seen.st_ctime)):
                    continue
                with open(full, "rb") as file:  # noqa: PTH123
                    digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
            except OSError:
                continue
            yield Leftover(
                full[len(top) + 1 :].replace(os.sep, "/"),
                match["new"] is None or digest in {match["new"], match["old"]},
            )


def _is_over(match: re.Match[str], age: float) -> bool:
    if age > HOUR:
        return True
    return match["host"] == _host() and not _is_alive(int(match["pid"]))


def _is_alive(pid: int) -> bool:
    if os.name == "nt":  # there os.kill(pid, 0) is not a question
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:4]
