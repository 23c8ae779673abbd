"""The power fails: what a journalling file system would still hold, at every step of a pass.

Renames become durable in their order, bytes only by fsync: a file that was renamed into place before
its bytes were synced is found empty after the crash (delayed allocation, ext4(5)). No machine is
switched off here. A pass tells each of its calls, and they are played on a model of such a disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faults.tally import Tally, silent
from faults.world import World, files_of

from kb.vault import leftovers
from kb.vault.ledger import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.tally import Progress

EMPTY = hashlib.sha256(b"").hexdigest()
Event = dict[str, Any]


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """Every call of one pass where names can be exchanged, and of one where they cannot."""
    world = World(folder)
    tally = Tally()
    for number, exchange in enumerate((True, False)):
        progress(number, 2)
        world.restore()
        disk = Disk(world.root)
        log = folder / "events"
        ended = world.run(first=lambda log=log, exchange=exchange: _tell(log, exchange))  # type: ignore[misc]
        assert ended.code == 0, ended
        disk.new = {path: _sha(data) for path, data in files_of(world.root).items()}
        events = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        tally.figures["exchanges"] += sum(event["call"] == "exchange" for event in events)
        for event in events:
            with tally.trial(f"{event['call']} {event.get('to') or event.get('path')}"):
                disk.play(event)
        with tally.trial("the end of the pass"):
            disk.check_all()
    return tally


@dataclass(slots=True)
class Disk:
    """What is durable: names in their order, bytes as of the last fsync."""

    root: Path
    names: dict[str, int] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)
    """SHA-256 of what each file must hold after the pass."""
    durable: dict[int, str] = field(default_factory=dict)
    old: dict[str, str] = field(default_factory=dict)
    unsynced: set[str] = field(default_factory=set)
    """Folders in which a name of the vault changed since they were last synced."""

    def __post_init__(self) -> None:
        for inside, data in files_of(self.root).items():
            path = str(self.root / inside)
            self.names[path] = inode = Path(path).stat().st_ino
            self.durable[inode] = self.old[path] = _sha(data)

    def play(self, event: Event) -> None:
        """Raises AssertionError where a crash now would leave a file neither old nor new, or the
        ledger telling of a note that may not be there."""
        call, inode = event["call"], event.get("inode", 0)
        match call:
            case "create":
                self.durable[inode] = EMPTY
                self.names[event["path"]] = inode
            case "fsync" if event["folder"]:
                self.unsynced.discard(event["path"])
            case "fsync":
                self.durable[inode] = event["sha"]
                assert FOLDER not in event["path"] or not self.unsynced, (
                    f"recorded before these folders were synced: {self.unsynced}"
                )
            case "rename" | "link":
                self.names[event["to"]] = self.names.get(event["path"], 0)
                if call == "rename":
                    self.names.pop(event["path"], None)
            case "exchange":
                one, other = event["path"], event["to"]
                self.names[one], self.names[other] = self.names[other], self.names[one]
            case "unlink":
                self.names.pop(event["path"], None)
        if call in ("rename", "link", "exchange"):
            self._check(event["to"])

    def check_all(self) -> None:
        """Raises AssertionError where something that kb says it did could still be lost."""
        lost = {p for p, sha in self.new.items() if self._held(str(self.root / p)) != sha}
        assert not lost, f"not on the disk when kb had ended: {sorted(lost)}"
        assert not self.unsynced, f"never synced: {self.unsynced}"

    def _held(self, path: str) -> str:
        return self.durable.get(self.names.get(path, 0), EMPTY)

    def _check(self, path: str) -> None:
        inside = os.path.relpath(path, self.root)
        hidden = inside.startswith((".git", "..")) or FOLDER in inside
        if hidden or leftovers.is_temporary(os.path.basename(path)):  # noqa: PTH119
            return
        self.unsynced.add(str(Path(path).parent))
        expected = {self.old.get(path), self.new.get(inside)}
        assert self._held(path) in expected, f"{inside} would be empty or partial"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tell(log: Path, exchange: bool) -> None:
    """In the process of kb: writes down each call that changes names or makes bytes durable."""
    descriptor, write = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.write

    def tell(**event: Any) -> None:
        write(descriptor, json.dumps(event).encode() + b"\n")

    _tell_of_files(tell)
    from kb.vault import disk

    disk.CAN_RENAMEAT2 = disk.CAN_LEASE = exchange
    real = disk._rename_with

    def rename_with(flag: int, old: Path, new: Path) -> bool:
        done = real(flag, old, new)
        if done:
            call = "exchange" if flag == disk._RENAME_EXCHANGE else "rename"
            tell(call=call, path=str(old), to=str(new))
        return done

    disk._rename_with = rename_with


def _tell_of_files(tell: Callable[..., None]) -> None:
    """Replaces the functions of `os` by such that tell of what they did."""
    real = {name: getattr(os, name) for name in ("open", "fsync", "rename", "replace", "link")}
    unlink = os.unlink

    def opened(path: Any, flags: int, *words: Any, **more: Any) -> int:
        new = bool(flags & os.O_CREAT) and not os.path.lexists(path)
        fd: int = real["open"](path, flags, *words, **more)
        if new:
            tell(call="create", path=os.path.realpath(path), inode=os.fstat(fd).st_ino)
        return fd

    def fsync(fd: int) -> None:
        real["fsync"](fd)
        path = Path(f"/proc/self/fd/{fd}").readlink()
        folder = path.is_dir()
        sha = "" if folder else _sha(path.read_bytes())
        tell(call="fsync", path=str(path), inode=os.fstat(fd).st_ino, folder=folder, sha=sha)

    def renamed(name: str) -> Callable[..., None]:
        def act(old: Any, new: Any, **more: Any) -> None:
            real[name](old, new, **more)
            call = "link" if name == "link" else "rename"
            tell(call=call, path=str(old), to=str(new))

        return act

    def unlinked(path: Any, **more: Any) -> None:
        unlink(path, **more)
        tell(call="unlink", path=str(path))

    os.open, os.fsync = opened, fsync  # type: ignore[assignment]
    for name in ("rename", "replace", "link"):
        setattr(os, name, renamed(name))
    os.unlink = os.remove = unlinked


WORKS = sys.platform == "linux"
"""The names of open files are read from proc(5)."""
