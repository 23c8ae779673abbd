"""The ledger on disk: append-only JSON lines in `.kb/ledger/`, one file a month."""

from __future__ import annotations

import gc
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from kb.core import jsonlines
from kb.core.history import History, Record, fold_lines
from kb.errors import KbError
from kb.vault import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER = ".kb/ledger"
_FACT = "ledger"
Stamp = dict[str, tuple[int, int]]
"""Size and time of last change, in nanoseconds, by file name."""


class Memory(Protocol):
    """What is remembered of a vault outside the vault."""

    def fact(self, name: str) -> str | None: ...
    def put_fact(self, name: str, value: str) -> None: ...


class Ledger:
    """Reads all months, appends to one. Only the holder of the vault's lock may append.

    `memory` knows whether there was a ledger: one that is gone is not taken for a new vault.
    """

    def __init__(self, root: Path, *, memory: Memory | None = None) -> None:
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
                        found[entry.name] = _size_and_time(entry.stat())
        return found

    def records(self) -> list[Record]:
        """Every record that can be read; a torn last line (a crash while writing) is passed over.

        Raises KbError where the ledger is not there and once was.
        """
        records: list[Record] = []
        for line in self._lines():
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
        with _uncollected():
            return fold_lines(self._lines())

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
                before = _size_and_time(os.fstat(file.fileno()))
                _mend(file.fileno())
                disk.write_all(file.fileno(), text.encode("utf-8", "replace"))
                os.fsync(file.fileno())
                if self.held is not None and self.held.get(path.name, (0, before[1])) == before:
                    self.held[path.name] = _size_and_time(os.fstat(file.fileno()))
            if new:
                disk.sync_folder(self.folder)
        except OSError as error:
            raise disk.DiskError(f"{FOLDER}/{month}.jsonl", error) from error
        return f"{FOLDER}/{month}.jsonl"

    def _lines(self) -> Iterator[bytes]:
        held: Stamp = {}
        for path in self._files():
            with path.open("rb") as file:
                held[path.name] = _size_and_time(os.fstat(file.fileno()))
                lines = file.read().split(b"\n")
            yield from filter(bytes.strip, lines)
        self.held = held

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


def _size_and_time(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


@contextmanager
def _uncollected() -> Iterator[None]:
    """Looks for no garbage: among a hundred thousand new objects there is none, and it takes long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
