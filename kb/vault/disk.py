"""What the disk can do: exchange two names, keep who owns a file, tell who is writing to it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import stat
import sys
from typing import TYPE_CHECKING

from kb.errors import KbError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CAN_RENAMEAT2 = sys.platform == "linux"
CAN_LEASE = sys.platform == "linux"

# linux/fs.h
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
_NO_LINKS = _UNSUPPORTED | {errno.EPERM, errno.EMLINK, errno.EXDEV}

_REMEDIES = {
    errno.ENOSPC: "make room on the disk and run kb again",
    errno.EDQUOT: "your disk quota is used up; make room and run kb again",
    errno.EROFS: "the disk is mounted read-only; make it writable and run kb again",
    errno.EACCES: "allow yourself to write there (folder and file permissions) and run kb again",
    errno.EPERM: "allow yourself to write there (permissions, immutable flag) and run kb again",
}
_ONE_FILE = {
    errno.ENAMETOOLONG: "the name is too long for this disk; shorten the name template",
    errno.EEXIST: "a file lies where a folder is needed; rename it",
    errno.ENOTDIR: "a file lies where a folder is needed; rename it",
    errno.EISDIR: "a folder lies where a file is needed; rename it",
}
_GONE = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN}


class DiskError(KbError):
    """The disk would not read or write; what was there before is still there."""

    def __init__(self, path: str, error: OSError) -> None:
        code = error.errno or 0
        remedy = _REMEDIES.get(code) or (
            "the disk seems to be gone; connect or mount it and run kb again"
            if code in _GONE
            else "nothing was changed; run kb again once the disk is in order"
        )
        super().__init__(f"{path}: {error.strerror or error}; {remedy}")
        self.path = path
        self.errno = code


@contextlib.contextmanager
def told(path: str) -> Iterator[None]:
    """Turn any OSError inside into one DiskError about `path`, or Refused if only its name is at fault."""
    try:
        yield
    except OSError as error:
        if why := _ONE_FILE.get(error.errno or 0):
            raise Refused(path, why) from error
        raise DiskError(path, error) from error


@functools.cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]
    function.restype = ctypes.c_int
    return function


def _rename_with(flag: int, old: Path, new: Path) -> bool:
    """True when done, False when this system or file system cannot; OSError otherwise."""
    function = _renameat2() if CAN_RENAMEAT2 else None
    if function is None:
        return False
    if function(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(new))


def exchange(one: Path, other: Path) -> bool:
    """Let two names change places in one step; False where that cannot be had (renameat2(2))."""
    return _rename_with(_RENAME_EXCHANGE, one, other)


def move_to_free_name(old: Path, new: Path) -> None:
    """Rename `old` to `new` unless `new` exists: then FileExistsError, and nothing has changed."""
    if _rename_with(_RENAME_NOREPLACE, old, new):
        return
    if link(old, new):
        old.unlink()
        return
    if os.path.lexists(new):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    old.rename(new)


def link(old: Path, new: Path) -> bool:
    """Give a file a second name; False where the file system knows no such thing."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def read_all(fd: int, limit: int = sys.maxsize, *, expected: int = 0) -> bytes:
    """The bytes of an open file, from its start, wherever its offset stands; at most `limit`. Room is
    made for as many as are `expected`, else for a lot."""
    os.lseek(fd, 0, os.SEEK_SET)
    parts: list[bytes] = []
    room = expected + 1 if expected else 1 << 20
    while limit > 0 and (part := os.read(fd, min(limit, room))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def is_open_as(path: Path, fd: int) -> bool:
    """Whether the name still stands for the file that is open."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(fd))
    except FileNotFoundError:
        return False


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, however little the system takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` last; does nothing where folders cannot be synced."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(fd)


def copy_standing(path: str, source: int, target: int) -> None:
    """Give the open file `target` the owner, extended attributes and mode of `source`.

    Raises Refused where the owner or an attribute of the reader's cannot be kept.
    """
    wanted, got = os.fstat(source), os.fstat(target)
    if os.name == "nt":
        return
    if (wanted.st_uid, wanted.st_gid) != (got.st_uid, got.st_gid):
        try:
            os.fchown(target, wanted.st_uid, wanted.st_gid)
        except PermissionError as error:
            why = "belongs to another user or group, which kb cannot keep; change its owner"
            raise Refused(path, why) from error
    os.fchmod(target, stat.S_IMODE(wanted.st_mode))
    if sys.platform == "linux":
        _copy_attributes(path, source, target)


if sys.platform == "linux":

    def _copy_attributes(path: str, source: int, target: int) -> None:
        try:
            names = os.listxattr(source)
        except OSError:
            return
        for name in names:
            try:
                value = os.getxattr(source, name)
                try:
                    if os.getxattr(target, name) == value:
                        continue
                except OSError:
                    pass
                os.setxattr(target, name, value)
            except OSError as error:
                if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                    raise
                if name.startswith("user.") or name == "system.posix_acl_access":
                    why = f"its attribute {name} cannot be kept ({error.strerror})"
                    raise Refused(path, why) from error


def nobody_writes(fd: int) -> bool | None:
    """Ask for a read lease on an open file: False while somebody has it open for writing.

    None where leases cannot be had (other systems, network disks, other people's files). With
    True the kernel holds up whoever opens the file for writing until the lease is given back or
    the file is closed; see F_SETLEASE in fcntl(2).
    """
    if not CAN_LEASE or sys.platform != "linux":
        return None
    import fcntl
    import signal

    try:
        # A broken lease is told by a signal; SIGURG is one that does nothing by default.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def lease_holds(fd: int) -> bool:
    """Whether a lease got from `nobody_writes` still stands: nobody waits to write."""
    if sys.platform != "linux":
        return False
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_RDLCK
