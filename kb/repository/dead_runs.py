"""What a run of ours signs its lock with, and what is left in the git folder when it dies.

`index.lock` holds a note, and the open file is handed to git and its hooks. So a lock whose note
cannot be locked (flock(2)) has somebody alive behind it, and one that can be was provably left by
a dead run of ours.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.repository import drafts
from kb.repository.command import run

if TYPE_CHECKING:
    from collections.abc import Iterable

_REF_LOCK_SECONDS = 2.0  # git holds a ref lock for milliseconds


def sign(path: Path, work: Path, head: str) -> int:
    """A new file with our note, open and locked. Raises FileExistsError.

    `work` is the copy of the index, and `head` the commit that it was made for ("" before the
    first).
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    _flock(descriptor)
    note = {"kb": 1, "host": _host(), "work": work.name, "head": head}
    os.write(descriptor, json.dumps(note).encode())
    return descriptor


def recover(root: Path, git_dir: Path, ref_locks: Iterable[Path]) -> None:
    """Finishes or undoes what a dead run of ours left, if that is what holds `index.lock`.

    Raises OSError where the lock is ours to remove, and cannot be removed.
    """
    lock = git_dir / "index.lock"
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:
        return
    try:
        note = _read_note(descriptor)
        if note is None or not _flock(descriptor):
            return
        seen = os.fstat(descriptor)
        if not os.path.samestat(seen, lock.stat()):
            return
        if not clear_locks_of_git(git_dir, ref_locks, seen):
            return
        work = git_dir / Path(str(note["work"])).name
        roll_forward(root, str(note["head"]), work, git_dir / "index")
        drafts.give_back(git_dir, work)
        for each in beside(work):
            each.unlink(missing_ok=True)
        lock.unlink()
    except FileNotFoundError:
        return
    finally:
        os.close(descriptor)


def clear_locks_of_git(
    git_dir: Path, ref_locks: Iterable[Path], since: os.stat_result, *, wait: bool = False
) -> bool:
    """Removes locks that a git of ours, killed since then, has left beside `index.lock`.

    With `index.lock` held and before it waited for, only the killed git can have made them, or
    somebody who changes the branch just now: those are given time. False where they need more.
    """
    refs = [each for each in ref_locks if _later_than(each, since)]
    while refs and (young := _youngest(refs)) < _REF_LOCK_SECONDS:
        if not wait:
            return False
        time.sleep(_REF_LOCK_SECONDS - young)
    for each in refs:
        each.unlink(missing_ok=True)
    clear_next_index(git_dir, since)
    return True


def clear_next_index(git_dir: Path, since: os.stat_result) -> None:
    """Removes the index that `commit --only` makes a commit from, where a git of ours has left it:
    while `index.lock` is ours nobody else makes one."""
    for each in git_dir.glob("next-index-*.lock"):
        if _later_than(each, since):
            each.unlink(missing_ok=True)


def roll_forward(root: Path, head: str, work: Path, index: Path) -> None:
    """Install the copy of a commit that was made: HEAD lies right on top of `head` ("": none)."""
    words = run(root, ["rev-list", "--parents", "--max-count=1", "HEAD", "--"]).text.split()
    if not words or words[1:] != ([head] if head else []):
        return
    # Git finishes the new index, under its lock's name, before it moves HEAD. The copy it was made
    # from goes first: whoever dies here and is followed must not leave it to be installed.
    done = lock_of(work)
    if done.exists():
        work.unlink(missing_ok=True)
    else:
        done = work
    if done.exists():
        done.replace(index)


def beside(work: Path) -> list[Path]:
    """The copy of the index, and what is made beside it while the lock is held."""
    return [work, lock_of(work), note_of(work)]


def lock_of(work: Path) -> Path:
    return work.with_name(f"{work.name}.lock")


def note_of(work: Path) -> Path:
    return work.with_name(f"{work.name}.note")


def _read_note(descriptor: int) -> dict[str, Any] | None:
    try:
        note = json.loads(os.read(descriptor, 4096))
    except ValueError:
        return None
    mine = isinstance(note, dict) and note.get("kb") == 1 and note.get("host") == _host()
    return note if mine else None


def _host() -> str:
    return socket.gethostname()


def _later_than(path: Path, then: os.stat_result) -> bool:
    try:
        return path.stat().st_mtime_ns >= then.st_mtime_ns
    except FileNotFoundError:
        return False


def _youngest(paths: Iterable[Path]) -> float:
    """Seconds since the newest of them was made; endless where none is there any more."""
    ages = [float("inf")]
    for path in paths:
        try:
            ages.append(time.time() - path.stat().st_mtime)
        except FileNotFoundError:
            continue
    return min(ages)


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
