"""One pass at a time: a lock beside the cache, which the system lets go of when its owner dies."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from kb.errors import KbError, TryLater

if TYPE_CHECKING:
    from types import TracebackType

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_RECORD = 1024
"""Bytes of the file, as long as the record of its owner is no longer."""
_PATIENCE, _PAUSE = 20, 0.02
"""How often, and every how many seconds, a lock is tried whose record tells of nobody alive."""
_LOCKED_BYTE = 1 << 30  # Windows keeps others from reading locked bytes; the record lies before


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lock, or held it and died."""

    pid: int
    host: str
    started: str
    """Boot id and start time of the process where the system tells them, else empty."""
    since: float
    """Seconds since the epoch."""
    command: str
    vault: str

    def __str__(self) -> str:
        return f"`{self.command}` (process {self.pid} on {self.host})"


class VaultLock:
    """`with VaultLock(dir, root):` holds the vault for one pass; with `role="watch"`, beside that, for
    the one watcher there may be.

    Entering raises TryLater, naming owner and age, while another pass holds it (in this process
    or any other). A lock whose owner died is free; `took_over` then says whose it was.
    """

    def __init__(
        self, lock_dir: Path, vault_root: Path, *, command: str = "", role: str = ""
    ) -> None:
        real = os.path.realpath(vault_root)
        name = hashlib.sha256(os.path.normcase(real).encode("utf-8", "surrogateescape"))
        ending = f".{role}.lock" if role else ".lock"
        self.path = lock_dir / f"{name.hexdigest()[:16]}{ending}"
        self.took_over: Owner | None = None
        self._vault = ascii(real)[1:-1] if not real.isprintable() else real
        self._command = command or _command()
        self._fd: int | None = None

    def __enter__(self) -> Self:
        if self._fd is not None:
            raise TryLater(f"this lock on {self._vault} is held already")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, _FLAGS, 0o600)
        except OSError as error:
            raise _unusable(self.path, error) from error
        try:
            if not _taken(fd):
                raise self._held(fd)
            self.took_over = _read(fd)
            _write(fd, json.dumps(asdict(self._owner())).encode())
        except OSError as error:
            os.close(fd)
            raise _unusable(self.path, error) from error
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file stays: were it removed, one could lock the old file and another a new one.
        if (fd := self._fd) is None:
            return
        self._fd = None
        with contextlib.suppress(OSError):
            _write(fd, b"")
        _unlock(fd)
        os.close(fd)

    def owner(self) -> Owner | None:
        """Who holds the lock at this moment; None when nobody does."""
        try:
            fd = os.open(self.path, _FLAGS & ~os.O_CREAT)
        except OSError:
            return None
        try:
            if _lock(fd):
                _unlock(fd)
                return None
            return _read(fd) or _nobody_known(self._vault)
        finally:
            os.close(fd)

    def _held(self, fd: int) -> TryLater:
        owner = _read(fd)
        who = f"{owner}, for {_age(time.time() - owner.since)}" if owner else "another pass of kb"
        return TryLater(f"{self._vault} is held by {who}; try again when it has finished")

    def _owner(self) -> Owner:
        return Owner(
            pid=os.getpid(),
            host=socket.gethostname(),
            started=_own_start(os.getpid()),
            since=time.time(),
            command=self._command,
            vault=self._vault,
        )


def process_start(pid: int) -> str:
    """Boot id and start time of a process (proc(5)): with the pid, a name that is never reused.

    Empty where the system does not tell, or there is no such process.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        about = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    return f"{boot}/{about.rpartition(')')[2].split()[19]}"


@functools.lru_cache(maxsize=1)
def _own_start(pid: int) -> str:
    return process_start(pid)


def _is_dead(owner: Owner) -> bool:
    """Whether a record is left over from a process of this machine that has ended."""
    if owner.host != socket.gethostname() or not owner.started:
        return False
    return process_start(owner.pid) != owner.started


def _taken(fd: int) -> bool:
    """Whether the lock is ours now.

    Where the record tells of nobody alive, a new owner is writing its own at this moment, or a child of
    the dead one is about to become another program and has its files until then (execve(2)).
    """
    for _ in range(_PATIENCE):
        if _lock(fd):
            return True
        owner = _read(fd)
        if owner is not None and not _is_dead(owner):
            return False
        time.sleep(_PAUSE)
    return _lock(fd)


def _nobody_known(vault: str) -> Owner:
    return Owner(pid=0, host="", started="", since=time.time(), command="kb", vault=vault)


def _command() -> str:
    words = [Path(sys.argv[0]).name or "python", *sys.argv[1:]]
    return " ".join(words)[:200]


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


def _read(fd: int) -> Owner | None:
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        return Owner(**json.loads(os.read(fd, 65536)))
    except (ValueError, TypeError):
        return None


def _write(fd: int, record: bytes) -> None:
    """Puts spaces over what stood there: a file that is cut keeps a disk busy longer than a pass may."""
    size = max(os.fstat(fd).st_size, _RECORD)
    os.lseek(fd, 0, os.SEEK_SET)
    os.write(fd, record.ljust(size))


def _unusable(path: Path, error: OSError) -> KbError:
    return KbError(
        f"{path}: cannot be used as a lock ({error.strerror or error}); "
        "set KB_CACHE_DIR to a folder on a local disk that you may write to"
    )


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> bool:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(fd: int) -> None:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)
