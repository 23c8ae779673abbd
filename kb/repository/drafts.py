"""Commit messages that the reader still needs, kept over a commit of ours.

Git removes MERGE_MSG (of `cherry-pick -n`) and SQUASH_MSG (of `merge --squash`) at every commit,
and writes each message into COMMIT_EDITMSG, where the reader's own may lie: in an open editor, or
left by a commit that failed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_REMOVED = ("MERGE_MSG", "SQUASH_MSG")
_REPLACED = "COMMIT_EDITMSG"
_OURS = re.compile(rb"^kb-[a-z]+: ", re.MULTILINE)  # a trailer of a commit of kb's


def keep(git_dir: Path, work: Path) -> None:
    """Copies them, under names that begin with that of `work`. Raises OSError."""
    for name in (*_REMOVED, _REPLACED):
        try:
            data = (git_dir / name).read_bytes()
        except FileNotFoundError:
            continue
        if name in _REMOVED or not _OURS.search(data):
            _copy(work, name).write_bytes(data)


def give_back(git_dir: Path, work: Path) -> None:
    """Puts back what is gone, or holds a message of kb's by now; the copies go."""
    for name in (*_REMOVED, _REPLACED):
        copy, there = _copy(work, name), git_dir / name
        if copy.exists() and (
            not there.exists() or (name == _REPLACED and _OURS.search(there.read_bytes()))
        ):
            copy.replace(there)
        copy.unlink(missing_ok=True)


def _copy(work: Path, name: str) -> Path:
    return work.with_name(f"{work.name}.{name}")
