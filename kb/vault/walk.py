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
    ctime_ns: int


def is_conflict_copy(name: str) -> bool:
    """Whether a sync tool or a merge tool made this name, beside the file that it means."""
    stem = name[:-3] if name.lower().endswith(".md") else name
    return bool(_CONFLICT.search(stem)) or name.startswith("~syncthing~") or name.endswith("~")


class Walk:
    """Finds Markdown files below a vault's root, sorted by name within each folder.

    Left out: dot files and dot folders, `node_modules`, vaults inside the vault, names that are
    not Unicode, and symbolic links that lead out of the vault or to a file that is met under its
    own name anyway. Conflict copies are among them, for `is_conflict_copy` to tell. What has the name
    of a note and cannot be one is put into `passed_over`, with the reason.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = os.path.realpath(root)
        self._plain: dict[str, bool] = {"": True}

    def all(self, passed_over: dict[str, str]) -> Iterator[Entry]:
        """Every file. Raises DiskError when the vault itself cannot be listed; a folder that vanishes
        or is closed to us is passed over."""
        return self._list("", passed_over)

    def below(self, folder: str, passed_over: dict[str, str]) -> Iterator[Entry]:
        """The files in a folder (its path from the root) and its folders."""
        if not folder:
            yield from self.all(passed_over)
        elif self.is_plain(folder):
            yield from self._list(f"{folder}/", passed_over)

    def entry(self, path: str, passed_over: dict[str, str]) -> Entry | None:
        """One file in a plain folder, told as `all` would: None where that would not meet it."""
        folder, _, name = path.rpartition("/")
        if not self.is_plain(folder) or name[0] == ".":
            return None
        return self._met(Path(self._top, path), folder and f"{folder}/", passed_over, set(), [])

    def is_plain(self, folder: str) -> bool:
        """Whether the walk comes to the folder by this name, without a symbolic link."""
        if folder not in self._plain:
            above, _, name = folder.rpartition("/")
            here = Path(self._top, folder)
            self._plain[folder] = (
                self.is_plain(above)
                and name[0] != "."
                and name not in _SKIPPED
                and _is_unicode(name)
                and not here.is_symlink()
                and not os.path.lexists(here / ".obsidian")
            )
        return self._plain[folder]

    def _list(self, start: str, passed_over: dict[str, str]) -> Iterator[Entry]:
        pending = [(os.fspath(Path(self._top, start)), start)]
        seen: set[str] = set()
        while pending:
            folder, prefix = pending.pop()
            try:
                with os.scandir(folder) as listing:
                    listed = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                if not prefix:
                    raise DiskError(str(self._root), error) from error
                continue
            if prefix and any(entry.name == ".obsidian" for entry in listed):
                continue
            inner: list[tuple[str, str]] = []
            for each in listed:
                if each.name[0] != "." and (
                    entry := self._met(each, prefix, passed_over, seen, inner)
                ):
                    yield entry
            pending.extend(reversed(inner))

    def _met(
        self,
        listed: os.DirEntry[str] | Path,
        prefix: str,
        passed_over: dict[str, str],
        seen: set[str],
        inner: list[tuple[str, str]],
    ) -> Entry | None:
        """The entry for what a folder lists, if it is a note; folders to go into are put into `inner`."""
        name = listed.name
        note = name[-3:].lower() == ".md"
        try:
            if listed.is_symlink():
                real = _worth_following(self._top, os.fspath(listed))
                if real is None or real in seen:
                    if note:
                        passed_over[prefix + name] = "is a symbolic link that kb does not follow"
                    return None
                seen.add(real)
            folder_there = listed.is_dir()
            if (folder_there or note) and not _is_unicode(name):
                passed_over[ascii(prefix + name)] = NOT_UNICODE
            elif folder_there:
                if name not in _SKIPPED:
                    inner.append((os.fspath(listed), f"{prefix}{name}/"))
            elif note and not listed.is_file():
                if os.path.lexists(listed):
                    passed_over[prefix + name] = "is not a regular file"
            elif note:
                told = listed.stat()
                return Entry(prefix + name, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
        except OSError:
            pass
        return None


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
