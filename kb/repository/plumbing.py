"""The steps of which a commit is made (gitcore-tutorial(7)), on a copy of the index."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from kb.repository.command import READING, GitFailed, run
from kb.repository.failures import failure, remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kb.repository.git import Repository
    from kb.repository.index_lock import IndexLock

LISTED = ("--pathspec-from-file=-", "--pathspec-file-nul")
"""Options of git commands that read what `literal` makes."""
_ADD_KNOWS = ("core.sparsecheckout", "core.ignorecase")
"""Settings that `git add` heeds and `git update-index` does not."""


def stage(
    repository: Repository, paths: Sequence[str], settings: Mapping[str, str], lock: IndexLock
) -> None:
    """Puts files that are in the copy of the index, or on disk, into it as they are on disk."""
    if not paths:
        return
    env = {"GIT_INDEX_FILE": os.fspath(lock.work)}
    if any(is_on(settings.get(name)) for name in _ADD_KNOWS):
        # Git refuses what it tracks in a folder that it is to ignore; what it does not track and
        # ignores is not among the paths.
        sparse = ["--sparse"] if is_on(settings.get("core.sparsecheckout")) else []
        arguments = ["add", "--force", *sparse, *LISTED]
        feed = literal(paths)
    else:  # `add` walks through the whole vault first
        arguments = ["update-index", "--add", "--remove", "-z", "--stdin"]
        feed = _fed(paths)
    answer = run(repository.root, arguments, feed=feed, env=env, inherit=[lock.descriptor])
    if answer.code != 0:
        what = f"git {arguments[0]} in {repository.root}"
        raise GitFailed(what, answer.said, remedy(answer.said))


def staged(repository: Repository, head: str, env: Mapping[str, str]) -> set[str] | None:
    """What differs from `head` in the index, by paths from the top; None where git does not say."""
    plainly = ("--name-only", "-z", "--no-renames", "--no-ext-diff")
    answer = run(
        repository.root, ("diff-index", "--cached", *plainly, head, "--"), env={**READING, **env}
    )
    if answer.code != 0:
        return None
    return {os.fsdecode(name) for name in answer.out.split(b"\0") if name}


def commit_index(
    repository: Repository, message: str, options: Sequence[str], head: str, lock: IndexLock
) -> str:
    """Commits the copy as it is on top of `head`, where neither hook nor signature has a part in it; the
    new commit's id. `git commit` would look at every file of the vault once more.

    `options` are those of git itself, such as who commits. Raises as `failures.failure` says, also where
    HEAD is not `head` any more.
    """

    def said(*arguments: str, feed: bytes = b"") -> str:
        answer = run(
            repository.root, arguments, feed=feed, inherit=[lock.descriptor],
            env={"GIT_INDEX_FILE": os.fspath(lock.work)},
        )  # fmt: skip
        if answer.code != 0:
            raise failure(repository, answer, hooks=False)
        return answer.text.strip()

    text = _tidied(message)
    tree = said("write-tree")
    made = said(*options, "commit-tree", tree, "-p", head, feed=f"{text}\n".encode())
    subject = text.partition("\n")[0]
    said(*options, "update-ref", "-m", f"commit: {subject}", "HEAD", made, head)
    return made


def _tidied(message: str) -> str:
    """As git-stripspace(1) has it, the last line end aside."""
    lines = "\n".join(line.rstrip() for line in message.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def _fed(paths: Iterable[str]) -> bytes:
    """The paths as git takes them with `-z`."""
    return b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)


def literal(paths: Iterable[str]) -> bytes:
    """The paths as pathspecs that mean themselves, whatever their characters."""
    return _fed(f":(literal){path}" for path in paths)


def is_on(value: str | None) -> bool:
    """Whether a setting of git's says yes."""
    return (value or "").lower() in {"true", "yes", "on", "1"}
