"""What tests of vault files share: a memory of kb's own bytes, and looks at a folder."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from kb.vault.files import FileState, VaultFiles

LINUX = sys.platform == "linux"


class Ours:
    """What the cache remembers of files kb wrote."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def get(self, path: str) -> str | None:
        return self.known.get(path)

    def put(self, path: str, sha256: str) -> None:
        self.known[path] = sha256

    def forget(self, path: str) -> None:
        self.known.pop(path, None)


def put(vault: VaultFiles, path: str, data: bytes, *, age: float = 3600) -> FileState:
    """A file of the reader's, saved `age` seconds ago."""
    file = vault.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    then = time.time() - age
    os.utime(file, (then, then))
    return vault.read(path)


def names(vault: VaultFiles) -> set[str]:
    """Everything in the vault, temporary files included."""
    return {
        each.relative_to(vault.root).as_posix()
        for each in vault.root.rglob("*")
        if not each.is_dir()
    }


def recovered(vault: VaultFiles) -> list[bytes]:
    return [(vault.root / path).read_bytes() for path in vault.recovered()]


def save_in_place(file: Path, data: bytes) -> None:
    """As many editors save, Obsidian among them."""
    with file.open("r+b") as opened:
        opened.truncate()
        opened.write(data)


def save_by_rename(file: Path, data: bytes) -> None:
    """As careful editors and sync tools save."""
    new = file.with_name(".editor")
    new.write_bytes(data)
    new.replace(file)
