"""What a repository is in the middle of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What git leaves in its folder while it waits for a person; git-status reads the same names.
_SIGNS = {
    "rebase-merge": "rebase",
    "rebase-apply/applying": "git am",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "sequencer": "cherry-pick or revert",
    "BISECT_LOG": "bisect",
}


@dataclass(frozen=True, slots=True)
class RepoState:
    """Where HEAD stands, and what a person has begun."""

    branch: str | None
    """None where HEAD is detached."""
    head: str | None
    """None where there is no commit yet."""
    busy: str | None
    """`merge`, `rebase`, `git am`, `cherry-pick`, `revert` or `bisect` while one is going on."""


def under_way(git_dir: Path) -> str | None:
    """The operation that a person has begun and not finished."""
    for name, what in _SIGNS.items():
        if (git_dir / name).exists():
            return what
    return None
