"""What git says when it will not, as an error with a remedy."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from kb.errors import TryLater
from kb.repository.command import GitFailed, GitKilled

if TYPE_CHECKING:
    from kb.repository.command import Answer
    from kb.repository.git import Repository


def failure(repository: Repository, answer: Answer, *, hooks: bool) -> Exception:
    """Why a commit was not made; `hooks`: whether one may have refused it."""
    said = answer.said
    if answer.code < 0:
        return GitKilled(
            f"git commit in {repository.top} was killed by signal {-answer.code}",
            said,
            "what kb wrote is on disk and is committed by the next pass",
        )
    if ".lock': File exists" in said:
        return TryLater(
            f"another git holds a lock in {repository.git_dir}; what kb wrote is on disk and is"
            " committed by the next pass"
        )
    if "gpg failed" in said or "failed to sign" in said or "failed to write commit object" in said:
        unlock = "unlock the key for this session, or turn commit.gpgsign off for this repository"
        return GitFailed(f"git could not sign a commit in {repository.top}", said, unlock)
    what = f"git commit in {repository.top} failed"
    if hooks and not _is_full(said):
        what += ", perhaps by a hook"
    return GitFailed(what, said, remedy(said))


def remedy(said: str) -> str:
    """What a person can do where git could not write."""
    first = "make room on the disk: " if _is_full(said) else ""
    return f"{first}what kb wrote is there and is committed by the next pass once this is put right"


def _is_full(said: str) -> bool:
    return any(os.strerror(code) in said for code in (errno.ENOSPC, errno.EDQUOT))
