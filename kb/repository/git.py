"""Git records what is on disk. Nothing here changes a file, a branch or the reader's staging."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kb.errors import KbError, TryLater, UsageError
from kb.repository import history
from kb.repository.command import READING, GitFailed, run
from kb.repository.index_lock import IndexLock
from kb.repository.record import record
from kb.repository.state import RepoState, under_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kb.errors import Problem
    from kb.repository.command import Answer
    from kb.repository.history import Change, Recorded
    from kb.repository.record import Message

_ARGUMENTS = 24_000  # characters of paths a call; Windows takes 32,767 in all
_GLANCE = 0.1  # seconds; time for a second try at a lock that was dead at the first


class Repository:
    """The repository that a vault lies in. Paths are relative to the vault, with `/`.

    `find` and `create` make one. Every method raises GitFailed when git will not do its part.
    """

    def __init__(self, root: Path, top: Path, git_dir: Path, hooks: Path) -> None:
        self.root = root
        self.top = top
        self.git_dir = git_dir
        self.hooks = hooks
        """The folder of hooks, there or not."""
        prefix = root.relative_to(top).as_posix()
        self._prefix = "" if prefix == "." else f"{prefix}/"

    @classmethod
    def find(cls, path: Path) -> Repository | None:
        """The repository around the vault `path`; None without one, or where it ignores `path`."""
        root = Path(os.path.realpath(path))
        asked = ("--show-toplevel", "--absolute-git-dir", "--git-path", "hooks")
        answer = run(root, ["rev-parse", *asked])
        if answer.code != 0:
            if b"dubious ownership" in answer.err:
                raise GitFailed(f"git in {root}", answer.said, "then run kb again")
            return None
        lines = answer.text.splitlines()
        if len(lines) != 3:
            raise UsageError(f"{root}: a line break in the path of a repository; move the vault")
        top, git_dir, hooks = (Path(os.path.realpath(root / line)) for line in lines)
        if not root.is_relative_to(top):
            return None
        found = cls(root, top, git_dir, hooks)
        return None if found._prefix and _ignores(top, found._prefix) else found

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> Repository:
        """A new repository in the folder `path`, without a commit yet."""
        answer = run(path, ["-c", f"init.defaultBranch={branch}", "init", "--quiet"], env={})
        if answer.code != 0:
            raise GitFailed(f"git init in {path}", answer.said, "make a repository there by hand")
        found = cls.find(path)
        if found is None:
            raise KbError(f"{path}: git made no repository there; make one by hand with `git init`")
        return found

    def head(self) -> str | None:
        """The commit that HEAD names; None before the first."""
        answer = self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return answer.text.strip() if answer.code == 0 else None

    def state(self) -> RepoState:
        """Where HEAD stands and what is under way."""
        return RepoState(self.branch(), self.head(), under_way(self.git_dir))

    def branch(self) -> str | None:
        """The branch that HEAD stands for, also before its first commit; None where it is detached."""
        answer = self._git("symbolic-ref", "--quiet", "HEAD")
        return answer.text.strip().removeprefix("refs/heads/") if answer.code == 0 else None

    def is_ignored(self, path: str) -> bool:
        """Whether git leaves this file out. A tracked file never is."""
        return _ignores(self.root, path)

    def within_top(self, path: str) -> str:
        """The path from the top of the repository."""
        return self._prefix + path

    def tracked(self, paths: Iterable[str]) -> set[str]:
        """Those of the paths that are in the index."""
        found: set[str] = set()
        for some in _portions(paths):
            out = self._ask("ls-files", "-z", "--", *some)
            found.update(filter(None, out.split("\0")))
        return found

    def uncommitted(self, paths: Iterable[str]) -> list[str]:
        """Files, among these and below these folders, that differ from HEAD. Ignored ones do not count."""
        return sorted({path for path, _ in self.status(paths)})

    def commit(
        self,
        paths: Sequence[str],
        message: Message,
        *,
        wait_seconds: float = 10.0,
        problems: list[Problem] | None = None,
    ) -> str | None:
        """Commit these files as they are on disk, deleted ones as deletions, and nothing else.

        `message` may be made of the files that do differ from HEAD.

        The new commit's id, or None where none of them differs from HEAD. The rest of the
        reader's index stays as it was, also when the commit fails. Ignored files are left out;
        that, and a detached HEAD, is told in `problems`.
        Raises TryLater during a merge, rebase, cherry-pick, revert or bisect, and when another
        git holds the index or branch for longer than `wait_seconds`; GitFailed when a hook or a
        signature fails.
        """
        return record(self, paths, message, wait_seconds, [] if problems is None else problems)

    def clear_dead_locks(self) -> None:
        """Removes the lock, and what else runs of kb left that provably died.

        What somebody holds, or another program left, stays. Raises GitFailed where the lock is
        ours and cannot be removed.
        """
        lock = self.git_dir / "index.lock"
        if not lock.exists() and not any(self.git_dir.glob("kb-index-*")):
            return
        try:
            with IndexLock(
                self.root, self.git_dir, self.branch(), time.monotonic() + _GLANCE
            ) as held:
                pass
        except TryLater:
            return
        except OSError as error:
            raise _not_removed(lock, error) from error
        if held.stuck is not None:
            raise _not_removed(lock, held.stuck)

    def changes_of(self, commit: str) -> list[Change]:
        """What a commit did to files of the vault, against its first parent."""
        return history.changes_of(self.root, self._prefix, commit)

    def last_pass(self, trailer: str = "kb-pass", *, limit: int = 100) -> list[Recorded]:
        """Commits of this vault whose message has `trailer`, newest first, along HEAD."""
        return history.with_trailer(self.root, trailer, limit)

    def status(self, paths: Iterable[str], *, ignored: bool = False) -> Iterator[tuple[str, str]]:
        """(path, the two letters of git-status(1)) of files that differ from HEAD, among these and
        below these folders; with `ignored`, of ignored files too, as `!!`."""
        for some in _portions(paths):
            fields = iter(
                self._ask(
                    "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all",
                    f"--ignored={'traditional' if ignored else 'no'}",
                    "--ignore-submodules=all", "--", *some,
                ).split("\0")
            )  # fmt: skip
            for field in fields:
                code, path = field[:2], field[3:]
                if path.startswith(self._prefix) and not path.endswith("/") and path:
                    yield path.removeprefix(self._prefix), code

    def _git(self, *arguments: str, feed: bytes = b"") -> Answer:
        return run(self.root, arguments, feed=feed, env=READING)

    def _ask(self, *arguments: str) -> str:
        answer = self._git(*arguments)
        if answer.code != 0:
            raise GitFailed(f"git {arguments[0]} in {self.root}", answer.said, "see what git says")
        return answer.text


def _not_removed(lock: Path, error: OSError) -> GitFailed:
    return GitFailed(
        f"{lock} was left by a run of kb, stops every git here, and could not be removed",
        error.strerror or str(error),
        "delete it, or let kb write to that folder",
    )


def _ignores(folder: Path, path: str) -> bool:
    # check-ignore takes no literal pathspecs; after `./` no character of a path is special to it.
    return run(folder, ["check-ignore", "-q", "--", f"./{path}"], env={}).code == 0


def _portions(paths: Iterable[str]) -> Iterator[list[str]]:
    """The paths, in parts short enough for a command line."""
    part: list[str] = []
    length = 0
    for path in paths:
        if part and length + len(path) > _ARGUMENTS:
            yield part
            part, length = [], 0
        part.append(path or ".")
        length += len(path) + 1
    if part:
        yield part
