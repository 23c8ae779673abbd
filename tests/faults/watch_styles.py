"""Every way in which editors and sync tools save, a thousand times each, with a watcher beside it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from benchmarks.saves import Pages, properties, shows
from faults.tally import Tally, silent
from faults.watching import PATIENCE, Watched, until_right
from standins.vaultfiles import save_by_rename, save_in_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.tally import Progress

NOTES = 100
_STATUSES = ("unread", "reading", "read", "skip", "some day")


def run(count: int, *, seed: int, folder: Path, progress: Progress = silent) -> Tally:
    """`count` edits in each style; after each style the pages must come right by themselves."""
    tally = Tally()
    vault = Watched(folder, NOTES, seed)
    reader = Reader(vault, random.Random(seed))
    with vault.watching() as watcher:
        for number, (name, style) in enumerate(STYLES.items()):
            progress(number * count, len(STYLES) * count)
            with tally.trial(name):
                before = watcher.full_comparisons()
                for _ in range(count):
                    style(reader)
                    tally.tried += 1
                took = until_right(watcher, vault.root, vault.env, PATIENCE + count / 20)
                looked = watcher.full_comparisons() - before
                tally.figures["full comparisons"] += looked
                slowest = max(tally.figures["slowest to come to rest, ms"], round(1000 * took))
                tally.figures["slowest to come to rest, ms"] = slowest
                assert looked <= 1, f"{looked} full comparisons"
                reader.check()
    with tally.trial("in the end"):
        vault.check_rest()
    return tally


@dataclass(slots=True)
class Reader:
    """Edits notes at random and knows what they must hold."""

    vault: Watched
    chance: random.Random
    saved: dict[str, bytes] = field(default_factory=dict)
    """Every note that was edited, as it was saved last."""

    def edit(self) -> tuple[Path, bytes]:
        """A note, and what is to be saved there: another status and a line more."""
        path = self.chance.choice(self.vault.notes)
        return self.edit_at(path, self.vault.root / path)

    def edit_at(self, path: str, file: Path) -> tuple[Path, bytes]:
        """As `edit`, for the note of this path, wherever its file is now."""
        text = file.read_text("utf-8")
        now = properties(text)["status"]
        status = self.chance.choice([each for each in _STATUSES if each != now])
        text = text.replace(f"\nstatus: {now}\n", f"\nstatus: {status}\n", 1)
        data = f"{text}line {self.chance.randrange(10**9)}\n".encode()
        self.saved[path] = data
        return file, data

    def rest(self, *, mostly: float = 0.004, longest: float = 0.5) -> None:
        """A moment, now and then one in which the watcher looks."""
        often = self.chance.random() < 0.98
        time.sleep(self.chance.uniform(0, mostly if often else longest))

    def check(self) -> None:
        """Each note is what was saved last, and is shown as such by its day and its week."""
        for path, data in self.saved.items():
            file = self.vault.root / path
            assert file.read_bytes() == data, f"{path} is not what was saved last"
            values = properties(data.decode())
            pages = Pages.of(self.vault.root, date.fromisoformat(values["announced"]))
            assert shows(pages, file.stem, values), f"{path} is not right on its pages"
        folder = self.vault.root / "Papers"
        found = {p.relative_to(self.vault.root).as_posix() for p in folder.rglob("*.md")}
        assert found == set(self.vault.notes), sorted(found ^ set(self.vault.notes))[:4]


def in_place(reader: Reader) -> None:
    """As Obsidian."""
    file, data = reader.edit()
    save_in_place(file, data)
    reader.rest()


def rename_over(reader: Reader) -> None:
    """As most careful editors."""
    file, data = reader.edit()
    save_by_rename(file, data)
    reader.rest()


def delete_and_create(reader: Reader) -> None:
    file, data = reader.edit()
    file.unlink()
    reader.rest()
    file.write_bytes(data)
    reader.rest()


def syncthing(reader: Reader) -> None:
    """https://docs.syncthing.net/users/syncing.html: a temporary file beside it takes its place."""
    file, data = reader.edit()
    temporary = file.with_name(f".syncthing.{file.name}.tmp")
    with temporary.open("wb") as opened:
        for start in range(0, len(data), 1024):
            opened.write(data[start : start + 1024])
    reader.rest()
    temporary.replace(file)
    reader.rest()


def vim(reader: Reader) -> None:
    """The old file steps aside as `NAME~`, the new one is written under its name."""
    file, data = reader.edit()
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_bytes(data)
    reader.rest()
    backup.unlink()
    reader.rest()


def change_case(reader: Reader) -> None:
    """Renamed to the same name in other letters, and back."""
    file, data = reader.edit()
    other = file.with_name(file.name.swapcase().removesuffix(".MD") + ".md")
    file.rename(other)
    reader.rest()
    save_in_place(other, data)
    reader.rest()
    other.rename(file)
    reader.rest()


def folder_out_and_in(reader: Reader) -> None:
    """A month's folder goes elsewhere, is edited there, and comes back."""
    chance, root = reader.chance, reader.vault.root
    month = chance.choice(sorted(path for path in (root / "Papers").iterdir() if path.is_dir()))
    away = reader.vault.folder / "away"
    month.rename(away)
    reader.rest()
    name = chance.choice(sorted(path.name for path in away.iterdir()))
    file, data = reader.edit_at(f"Papers/{month.name}/{name}", away / name)
    save_in_place(file, data)
    reader.rest()
    away.rename(month)
    reader.rest()


STYLES: dict[str, Callable[[Reader], None]] = {
    "in place": in_place,
    "temporary file renamed over": rename_over,
    "deleted and created": delete_and_create,
    "Syncthing": syncthing,
    "vim's backup": vim,
    "case changed and back": change_case,
    "folder out and in": folder_out_and_in,
}
