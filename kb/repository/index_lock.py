"""Git's lock on the index, held by kb while git works on a copy of the index.

The index changes in one step, after the commit, or not at all: a failing hook or a killed process
leaves the reader's staging as it was.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING, Self

from kb.errors import TryLater
from kb.repository import dead_runs, drafts
from kb.repository.command import GitKilled, run

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PAUSE = 0.05
# `git commit` reads the index some milliseconds before it locks it. One that has read the index of
# before our commit must still find it locked, or it would take our commit back with its own. It has
# to look at every file of a large index in between.
_GRACE, _MOST_GRACE = 0.025, 0.25
_GRACE_A_BYTE = 1e-8  # seconds: 58,000 files in 8 MB took 70 ms


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
        self.stuck: OSError | None = None
        """Why `index.lock` could not be removed in the end, where that is so."""
        self.committed = False
        """Whether git has said that the commit is made."""
        self._head = ""
        self._taken = 0.0
        self._installed: float | None = None
        self._large = 0.0

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
            drafts.keep(self._git_dir, self.work)
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
            # Killed for a hook that went on after the commit, or interrupted: there may be a commit.
            unsure = isinstance(error, GitKilled) or (error and not isinstance(error, Exception))
            if unsure:
                since = os.fstat(self.descriptor)
                dead_runs.clear_locks_of_git(self._git_dir, self._ref_locks, since, wait=True)
            if (unsure or self.committed) and self._installed is None:
                dead_runs.roll_forward(self._root, self._head, self.work, self._index)
            dead_runs.clear_next_index(self._git_dir, os.fstat(self.descriptor))
            drafts.give_back(self._git_dir, self.work)
            if self._installed is not None:
                busy_machine = (self._installed - self._taken) / 3
                grace = min(max(_GRACE, busy_machine, self._large), _MOST_GRACE)
                time.sleep(max(0.0, self._installed + grace - time.monotonic()))
        finally:
            self._let_go()

    def install(self) -> None:
        """Make the copy, as git left it, the index."""
        self._large = self.work.stat().st_size * _GRACE_A_BYTE
        self.work.replace(self._index)
        self._installed = time.monotonic()

    def _take(self) -> bool:
        """One try; True when the lock is ours."""
        self._head = _head(self._root)
        note = dead_runs.note_of(self.work)
        descriptor = dead_runs.sign(note, self.work, self._head)
        try:
            try:
                # A name for a finished note: at no moment is there a lock that nobody has signed.
                os.link(note, self._lock)
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links
                signed = dead_runs.sign(self._lock, self.work, self._head)
                os.close(descriptor)
                descriptor = signed
        except OSError as error:
            os.close(descriptor)
            if not isinstance(error, FileExistsError):
                raise
            dead_runs.recover(self._root, self._git_dir, self._ref_locks)
            return False
        finally:
            note.unlink(missing_ok=True)
        self.descriptor = descriptor
        if _head(self._root) != self._head:  # somebody committed a moment before
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        try:
            for each in dead_runs.beside(self.work):
                with contextlib.suppress(OSError):  # the next pass removes it
                    each.unlink(missing_ok=True)
            self._lock.unlink(missing_ok=True)
        except OSError as error:
            self.stuck = error
        finally:
            os.close(self.descriptor)  # a lock that stays is then provably that of no one alive

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


def common_dir(git_dir: Path) -> Path:
    """The folder that a repository's worktrees share (gitrepository-layout(5), `commondir`)."""
    try:
        return git_dir / (git_dir / "commondir").read_text("utf-8").strip()
    except FileNotFoundError:
        return git_dir


def _head(root: Path) -> str:
    return run(root, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).text.strip()
