"""Git's lock on the index, held by kb while git works on a copy of the index.

The index changes in one step, after the commit, or not at all: a failing hook or a killed process
leaves the reader's staging as it was. `index.lock` holds a note of ours, and the open file is
handed to git and its hooks, so that a lock whose note cannot be locked (flock(2)) has somebody
alive behind it, and one that can be was provably left by a dead run of ours.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kb.errors import TryLater
from kb.repository.command import run

if TYPE_CHECKING:
    from types import TracebackType

_PAUSE = 0.05
# `git commit` reads the index some milliseconds before it locks it. One that has read the index of
# before our commit must still find it locked, or it would take our commit back with its own.
_GRACE, _MOST_GRACE = 0.025, 0.25
_REF_LOCK_SECONDS = 2.0  # git holds a ref lock for milliseconds


class IndexLock:
    """`with IndexLock(...) as lock:` holds `index.lock`; git is to use `lock.work` as its index.

    Entering waits until `deadline` (time.monotonic) for other holders, then raises TryLater.
    Without `install` the index is left as it was.
    """

    def __init__(self, root: Path, git_dir: Path, branch: str | None, deadline: float) -> None:
        self._root = root
        self._git_dir = git_dir
        self._index = git_dir / "index"
        self._lock = git_dir / "index.lock"
        self._deadline = deadline
        self._ref_locks = [git_dir / "HEAD.lock"]
        if branch is not None:
            self._ref_locks.append(common_dir(git_dir) / "refs" / "heads" / f"{branch}.lock")
        self.work = git_dir / f"kb-index-{os.getpid()}-{secrets.token_hex(4)}"
        self.descriptor = -1
        self._head = ""
        self._taken = 0.0
        self._installed: float | None = None

    def __enter__(self) -> Self:
        while not self._take():
            self._wait(self._lock)
        try:
            for each in self._git_dir.glob("kb-index-*"):  # of runs that died before or after
                each.unlink(missing_ok=True)
            for each in self._ref_locks:
                while each.exists():
                    self._wait(each)
            self._copy_index()
        except BaseException:
            self._let_go()
            raise
        self._taken = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None and self._installed is None:
                # Killed for a hook that went on after the commit, or interrupted.
                _roll_forward(self._root, self._head, self.work, self._index)
                _clear_next_index(self._git_dir, os.fstat(self.descriptor))
            if self._installed is not None:
                busy_machine = (self._installed - self._taken) / 3
                grace = min(max(_GRACE, busy_machine), _MOST_GRACE)
                time.sleep(max(0.0, self._installed + grace - time.monotonic()))
        finally:
            self._let_go()

    def install(self) -> None:
        """Make the copy, as git left it, the index."""
        self.work.replace(self._index)
        self._installed = time.monotonic()

    def _take(self) -> bool:
        """One try; True when the lock is ours."""
        self._head = _head(self._root)
        told = {"kb": 1, "host": _host(), "work": self.work.name, "head": self._head}
        note = self.work.with_name(f"{self.work.name}.note")
        descriptor = _written(note, told)
        try:
            try:
                # A name for a finished note: at no moment is there a lock that nobody has signed.
                os.link(note, self._lock)
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links
                linked, descriptor = descriptor, _written(self._lock, told)
                os.close(linked)
        except FileExistsError:
            os.close(descriptor)
            self._recover()
            return False
        finally:
            note.unlink(missing_ok=True)
        self.descriptor = descriptor
        if _head(self._root) != self._head:  # somebody committed a moment before
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        for each in (self.work, _lock_of(self.work), self._lock):
            each.unlink(missing_ok=True)
        os.close(self.descriptor)

    def _wait(self, lock: Path) -> None:
        if time.monotonic() >= self._deadline:
            raise TryLater(
                f"{lock}: another git is at work; what kb wrote is on disk and is committed by the"
                " next pass (if no git is running, the lock is left over: delete it)"
            )
        time.sleep(_PAUSE)

    def _copy_index(self) -> None:
        try:
            before = self._index.stat()
            shutil.copyfile(self._index, self.work)
        except FileNotFoundError:
            return
        # Git compares a file's time with the index's own to know that it must look at the bytes.
        os.utime(self.work, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _recover(self) -> None:
        """Finish or undo what a dead run of ours left, if that is what holds the lock."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR)
        except OSError:
            return
        try:
            note = _read_note(descriptor)
            if note is None or not _flock(descriptor):
                return
            seen = os.fstat(descriptor)
            if not os.path.samestat(seen, self._lock.stat()):
                return
            refs = [each for each in self._ref_locks if _later_than(each, seen)]
            if any(time.time() - each.stat().st_mtime < _REF_LOCK_SECONDS for each in refs):
                return
            for each in refs:
                each.unlink()
            work = self._git_dir / Path(str(note["work"])).name
            _roll_forward(self._root, str(note["head"]), work, self._index)
            for each in (work, _lock_of(work), work.with_name(f"{work.name}.note")):
                each.unlink(missing_ok=True)
            _clear_next_index(self._git_dir, seen)
            self._lock.unlink()
        except FileNotFoundError:
            return
        finally:
            os.close(descriptor)


def common_dir(git_dir: Path) -> Path:
    """The folder that a repository's worktrees share (gitrepository-layout(5), `commondir`)."""
    try:
        return git_dir / (git_dir / "commondir").read_text("utf-8").strip()
    except FileNotFoundError:
        return git_dir


def _lock_of(work: Path) -> Path:
    return work.with_name(f"{work.name}.lock")


def _written(path: Path, note: dict[str, Any]) -> int:
    """A new file that holds the note, open and locked. Raises FileExistsError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    _flock(descriptor)
    os.write(descriptor, json.dumps(note).encode())
    return descriptor


def _read_note(descriptor: int) -> dict[str, Any] | None:
    try:
        note = json.loads(os.read(descriptor, 4096))
    except ValueError:
        return None
    mine = isinstance(note, dict) and note.get("kb") == 1 and note.get("host") == _host()
    return note if mine else None


def _host() -> str:
    return socket.gethostname()


def _later_than(path: Path, note: os.stat_result) -> bool:
    return path.exists() and path.stat().st_mtime_ns >= note.st_mtime_ns


def _clear_next_index(git_dir: Path, note: os.stat_result) -> None:
    """What a git of ours left that was killed: nobody else makes one while we hold the index."""
    for each in git_dir.glob("next-index-*.lock"):
        if _later_than(each, note):
            each.unlink(missing_ok=True)


def _head(root: Path) -> str:
    return run(root, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).text.strip()


def _roll_forward(root: Path, head: str, work: Path, index: Path) -> None:
    """Install the copy of a commit that was made: HEAD lies right on top of `head` ("": none)."""
    words = run(root, ["rev-list", "--parents", "--max-count=1", "HEAD", "--"]).text.split()
    if not words or words[1:] != ([head] if head else []):
        return
    # Git finishes the new index, under its lock's name, before it moves HEAD.
    done = _lock_of(work) if _lock_of(work).exists() else work
    if done.exists():
        done.replace(index)


if sys.platform == "win32":

    def _flock(_: int) -> bool:
        return False  # no proof can be had, so nothing is cleared

else:
    import fcntl

    def _flock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
