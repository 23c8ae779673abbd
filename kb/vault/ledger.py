"""The ledger on disk: append-only JSON lines in `.kb/ledger/`, one file a month."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kb import resources
from kb.core import jsonlines
from kb.core.folding import fold_lines, go_on
from kb.core.garbage import uncollected
from kb.errors import KbError
from kb.vault import disk, snapshots

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kb.core.history import History, Record
    from kb.vault.cache import Cache

FOLDER = ".kb/ledger"
_FACT = _SNAPSHOT = "ledger"
Stamp = dict[str, tuple[int, int, int]]
"""Size, and times of last change (of content, of anything) in nanoseconds, by file name."""
_Part = tuple[tuple[int, int, int], int, str]
"""Of a file that was read: its stamp, how many bytes were read, and their digest."""


@dataclass(slots=True)
class _Read:
    """What the files of the ledger say beyond what was known of them."""

    parts: dict[str, _Part] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    fresh: int = 0
    """Bytes of `lines`."""
    goes_on: bool = True
    """Whether the files begin with all that was known."""
    whole: bool = True
    """Whether no line is cut off."""

    @property
    def stamps(self) -> Stamp:
        return {name: stamp for name, (stamp, _, _) in self.parts.items()}


class Ledger:
    """Reads all months, appends to one. Only the holder of the vault's lock may append.

    `memory` knows whether there was a ledger: one that is gone is not taken for a new vault.
    """

    def __init__(self, root: Path, *, memory: Cache | None = None) -> None:
        self.folder = root / FOLDER
        self.root = root
        self._memory = memory
        self._anew = False
        self.held: Stamp | None = None
        """The stamp of what was last read, its own appends since included; None before."""

    def stamp(self) -> Stamp:
        """Name, size and time of each file now. Where it is not `held`, others have written."""
        found: Stamp = {}
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.folder) as listed:
            for entry in listed:
                if entry.name.endswith(".jsonl"):
                    with suppress(FileNotFoundError):
                        found[entry.name] = _stamp(entry.stat())
        return found

    def records(self) -> list[Record]:
        """Every record that can be read; a torn last line (a crash while writing) is passed over.

        Raises KbError where the ledger is not there and once was.
        """
        records: list[Record] = []
        read = self._read({})
        self.held = read.stamps
        for line in read.lines:
            try:
                record = jsonlines.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                records.append(record)
        return records

    def history(self, *, begin_anew: bool = False) -> History:
        """What the records say together; with `begin_anew` nothing where the ledger is gone."""
        self._anew = self._anew or begin_anew
        with uncollected():
            known, history = self._snapshot()
            read = self._read(known)
            if history is None or not read.goes_on or not go_on(history, read.lines):
                if known:
                    read = self._read({})
                history = fold_lines(read.lines)
            self.held = read.stamps
            self._keep(history, read)
        return history

    def append(self, month: str, records: Iterable[Record]) -> str | None:
        """Adds `records` to the file of `month` (`YYYY-MM`), flushed to the disk.

        A torn last line is cut off first: it was never whole. Gives back the vault path of the
        file, None when there was nothing to add. Raises KbError when the disk refuses, and where
        the ledger has vanished meanwhile.
        """
        text = "".join(
            json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
            for record in records
        )
        if not text:
            return None
        self._files()
        path = self.folder / f"{month}.jsonl"
        try:
            self.folder.parent.mkdir(exist_ok=True)
            self.folder.mkdir(exist_ok=True)
            new = not path.exists()
            with path.open("a+b", buffering=0) as file:
                before = _stamp(os.fstat(file.fileno()))
                _mend(file.fileno())
                disk.write_all(file.fileno(), text.encode("utf-8", "replace"))
                os.fsync(file.fileno())
                if self.held is not None and self.held.get(path.name, (0, *before[1:])) == before:
                    self.held[path.name] = _stamp(os.fstat(file.fileno()))
            if new:
                disk.sync_folder(self.folder)
        except OSError as error:
            raise disk.DiskError(f"{FOLDER}/{month}.jsonl", error) from error
        return f"{FOLDER}/{month}.jsonl"

    def _read(self, known: Mapping[str, _Part]) -> _Read:
        """Reads the files, and of those in `known` what follows on it."""
        read = _Read()
        for path in self._files():
            part = known.get(path.name, _NOTHING)
            with path.open("rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp == part[0]:
                    read.parts[path.name] = part
                    continue
                data = file.read()
            read.parts[path.name] = stamp, len(data), _digest(data)
            _, size, digest = part
            read.goes_on = read.goes_on and _digest(data[:size]) == digest
            read.whole = read.whole and data.endswith(b"\n")
            read.fresh += len(data) - size
            read.lines += filter(bytes.strip, data[size:].split(b"\n"))
        read.goes_on = read.goes_on and known.keys() <= read.parts.keys()
        return read

    def _snapshot(self) -> tuple[dict[str, _Part], History | None]:
        """The history as it was kept last, and of which files; none where this is another program."""
        if self._memory is None:
            return {}, None
        return self._memory.snapshots.load(_SNAPSHOT, resources.build()) or ({}, None)

    def _keep(self, history: History, read: _Read) -> None:
        whole = sum(size for _, size, _ in read.parts.values())
        worth = snapshots.is_worth(read.fresh, whole, snapshots.WORTH_BYTES)
        if self._memory is not None and read.whole and worth:
            things = read.parts, history
            self._memory.snapshots.keep(_SNAPSHOT, resources.build(), things)

    def _files(self) -> list[Path]:
        files = sorted(self.folder.glob("*.jsonl"))
        if self._memory is None:
            return files
        known = self._memory.fact(_FACT)
        if files and known is None:
            self._memory.put_fact(_FACT, "kept")
        elif not files and known is not None and not self._anew:
            raise KbError(
                f"{FOLDER} is gone or empty, and kb kept its ledger there, so nothing was done. Bring"
                " it back (an unmounted disk, an unfinished sync? `git restore .kb` if git has it),"
                " or, to begin anew without it, run `kb sync --accept-deletions`"
            )
        return files


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


_NOTHING: _Part = ((-1, -1, -1), 0, _digest(b""))


def _mend(descriptor: int) -> None:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    end, keep = size, size
    while end > 0:
        start = max(0, end - 65536)
        os.lseek(descriptor, start, os.SEEK_SET)
        chunk = os.read(descriptor, end - start)
        if end == size and chunk.endswith(b"\n"):
            return
        newline = chunk.rfind(b"\n")
        if newline >= 0:
            keep = start + newline + 1
            break
        keep, end = start, start
    if keep == size:
        return
    os.lseek(descriptor, keep, os.SEEK_SET)
    try:
        json.loads(os.read(descriptor, size - keep))
    except ValueError:
        os.ftruncate(descriptor, keep)
    else:
        os.lseek(descriptor, 0, os.SEEK_END)
        os.write(descriptor, b"\n")
