"""Which files of a vault are notes and pages, and which names only look like them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kb.vault.disk import DiskError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Syncthing; Obsidian Sync, Dropbox, Nextcloud; Seafile; pCloud; Synology; git mergetool
_CONFLICT = re.compile(
    r"""\.sync-conflict-\d{8}-\d{6}
      | \ \([^()]*\bconflicted\ copy\b[^()]*\)
      | \ \((?:SFConflict|Case\ Conflict)\b[^()]*\)
      | \ \[conflict(?:ed)?(?:\ \(\d+\))?\]
      | _conflict-\d{8}-\d{6}
      | _[^_]+_[A-Z][a-z]{2}-\d{2}-\d{6}-\d{4}_Conflict
      | _(?:BACKUP|BASE|LOCAL|REMOTE)_\d+$
    """,
    re.IGNORECASE | re.VERBOSE,
)
NOT_UNICODE = "has a name that is not Unicode; rename it"
_SKIPPED = frozenset({"node_modules"})


class Entry(NamedTuple):
    """A Markdown file as the folder lists it; nothing of it has been read."""

    path: str
    """From the vault's root, with `/`."""
    size: int
    mtime_ns: int


def is_conflict_copy(name: str) -> bool:
    """Whether a sync tool or a merge tool made this name, beside the file that it means."""
    stem = name[:-3] if name.lower().endswith(".md") else name
    return bool(_CONFLICT.search(stem)) or name.startswith("~syncthing~") or name.endswith("~")


def walk(root: Path, passed_over: dict[str, str] | None = None) -> Iterator[Entry]:
    """Every Markdown file below `root`, by folder, sorted by name within it.

    Left out: dot files and dot folders, `node_modules`, vaults inside the vault, names that are
    not Unicode, and symbolic links that lead out of the vault or to a file that is met under its
    own name anyway. Conflict copies are among them, for `is_conflict_copy` to tell. What has the name
    of a note and cannot be one is put into `passed_over`, with the reason. Raises
    DiskError when the vault itself cannot be listed; a folder that vanishes or is closed to us
    is passed over.
    """
    top = os.path.realpath(root)
    pending = [(top, "")]
    seen: set[str] = set()
    passed = {} if passed_over is None else passed_over
    while pending:
        folder, prefix = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if not prefix:
                raise DiskError(str(root), error) from error
            continue
        if prefix and any(entry.name == ".obsidian" for entry in entries):
            continue
        inner: list[tuple[str, str]] = []
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            note = name[-3:].lower() == ".md"
            try:
                if entry.is_symlink():
                    real = _worth_following(top, entry.path)
                    if real is None or real in seen:
                        if note:
                            passed[prefix + name] = "is a symbolic link that kb does not follow"
                        continue
                    seen.add(real)
                folder_there = entry.is_dir()
                if (folder_there or note) and not _is_unicode(name):
                    passed[ascii(prefix + name)] = NOT_UNICODE
                elif folder_there:
                    if name not in _SKIPPED:
                        inner.append((entry.path, f"{prefix}{name}/"))
                elif note and not entry.is_file():
                    passed[prefix + name] = "is not a regular file"
                elif note:
                    told = entry.stat()
                    yield Entry(prefix + name, told.st_size, told.st_mtime_ns)
            except OSError:
                continue
        pending.extend(reversed(inner))


def _worth_following(top: str, link: str) -> str | None:
    """The real path behind `link`, if it lies in the vault where the walk would not meet it."""
    real = os.path.realpath(link)
    if not real.startswith(top + os.sep):
        return None
    parts = Path(real[len(top) + 1 :]).parts
    hidden = any(part.startswith(".") or part in _SKIPPED for part in parts)
    met = not hidden and (real[-3:].lower() == ".md" or Path(real).is_dir())
    return None if met or ".git" in parts else real


def _is_unicode(name: str) -> bool:
    return name.isascii() or not any("\udc80" <= char <= "\udcff" for char in name)
