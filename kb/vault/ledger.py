"""The ledger on disk: append-only JSON lines in `.kb/ledger/`, one file a month."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from kb.core.history import History, Record, fold
from kb.errors import KbError
from kb.vault import disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER = ".kb/ledger"


class Ledger:
    """Reads all months, appends to one. Only the holder of the vault's lock may append."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self.root = root

    def records(self) -> list[Record]:
        """Every record that can be read; a torn last line (a crash while writing) is passed over."""
        records: list[Record] = []
        try:
            files = sorted(self.folder.glob("*.jsonl"))
        except OSError:
            return records
        for file in files:
            for line in file.read_bytes().split(b"\n"):
                if line.strip():
                    try:
                        record = json.loads(line)
                    except ValueError:
                        continue
                    if isinstance(record, dict):
                        records.append(record)
        return records

    def history(self) -> History:
        return fold(self.records())

    def append(self, month: str, records: Iterable[Record]) -> str | None:
        """Adds `records` to the file of `month` (`YYYY-MM`), flushed to the disk.

        A torn last line is cut off first: it was never whole. Gives back the vault path of the
        file, None when there was nothing to add. Raises KbError when the disk refuses.
        """
        text = "".join(
            json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
            for record in records
        )
        if not text:
            return None
        path = self.folder / f"{month}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            new = not path.exists()
            with path.open("a+b", buffering=0) as file:
                _mend(file.fileno())
                disk.write_all(file.fileno(), text.encode("utf-8", "replace"))
                os.fsync(file.fileno())
            if new:
                disk.sync_folder(self.folder)
        except OSError as error:
            raise KbError(
                f"{FOLDER}/{month}.jsonl cannot be written ({error.strerror}); make room or mend the"
                " permissions, then run `kb sync` again"
            ) from None
        return f"{FOLDER}/{month}.jsonl"


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
