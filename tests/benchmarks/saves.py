"""One save of the reader's, and the moment from which all its pages are right."""

from __future__ import annotations

import random
import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from standins.vaultfiles import save_by_rename, save_in_place

CALM = 0.25
"""Seconds without a further write after which nothing more is to come."""
_LOOK = 0.0002
_KEYS = ("arxiv_id", "announced", "status", "rating", "relevance", "novelty")


class Pages(NamedTuple):
    """The pages on which a note of `day` can show."""

    daily: Path
    weekly: Path
    monthly: Path
    home: Path

    @classmethod
    def of(cls, root: Path, day: date) -> Pages:
        year, week, _ = day.isocalendar()
        thursday = day + timedelta(days=3 - day.weekday())
        return cls(
            root / f"Daily/arxiv-{day}.md",
            root / f"Weekly/arxiv-{year}-W{week:02}.md",
            root / f"Monthly/arxiv-{thursday:%Y-%m}.md",
            root / "Home.md",
        )


class Reader:
    """Saves notes chosen by chance, as editors do."""

    def __init__(self, root: Path, notes: tuple[str, ...], seed: int) -> None:
        self.root = root
        self.notes = notes
        self.chance = random.Random(seed)
        self.note = ""
        """The one saved last."""

    def save(self, *, patience: float = 300) -> tuple[float, float]:
        """Changes status, rating or relevance of a note; (when it was saved, seconds from then until
        the last of its pages was written).

        Raises AssertionError where its row and its section are not right after `patience` seconds.
        """
        file, text = self._edit()
        values = properties(text)
        pages = Pages.of(self.root, date.fromisoformat(values["announced"]))
        before = [_stamp(page) for page in pages]
        self._save(file, text)
        saved = time.perf_counter()
        return saved, self._until_right(saved, pages, before, values, patience)

    def save_only(self) -> bool:
        """As `save`, and nothing is waited for; whether it was by a rename."""
        return self._save(*self._edit())

    def _edit(self) -> tuple[Path, str]:
        self.note = self.chance.choice(self.notes)
        file = self.root / self.note
        return file, self._changed(file.read_text("utf-8"))

    def _save(self, file: Path, text: str) -> bool:
        renamed = self.chance.random() < 0.5
        (save_by_rename if renamed else save_in_place)(file, text.encode())
        return renamed

    def _changed(self, text: str) -> str:
        values = properties(text)
        key = self.chance.choice(("status", "rating", "relevance"))
        if key == "status":
            others = {"unread", "reading", "read", "skip"} - {values[key]}
            return _set(text, key, self.chance.choice(sorted(others)))
        if key == "rating":
            return _set(text, key, "" if values[key] == "5" else "5")
        others = {"7", "8", "9", "10"} - {values[key]}
        return _set(text, key, self.chance.choice(sorted(others)))

    def _until_right(
        self,
        saved: float,
        pages: Pages,
        before: list[tuple[int, ...]],
        values: dict[str, str],
        patience: float,
    ) -> float:
        last, right = saved, False
        while not right or time.perf_counter() - last < CALM:
            now = [_stamp(page) for page in pages]
            if now != before:
                before, last = now, time.perf_counter()
                right = shows(pages, Path(self.note).stem, values)
            late = time.perf_counter() - saved
            assert late < patience, f"{self.note} is not right on its pages after {late:.0f} s"
            time.sleep(_LOOK)
        return last - saved


def properties(text: str) -> dict[str, str]:
    """The plain keys of a note that its pages show."""
    head = text[: text.index("\n---", 3)]
    found = {}
    for key in _KEYS:
        match = re.search(rf"^{key}:[ \t]*(.*)$", head, re.MULTILINE)
        found[key] = match[1].strip("\"' ") if match else ""
    return found


def shows(pages: Pages, stem: str, values: dict[str, str]) -> bool:
    """Whether the row of the week and the section of the day say what the note says."""
    try:
        week, day = pages.weekly.read_text("utf-8"), pages.daily.read_text("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    row = next((line for line in week.splitlines() if f"/{stem}.md)" in unquote(line)), "")
    section = day.partition(f"**arXiv** [{values['arxiv_id']}]")[2].partition("\n## ")[0]
    ticks = {
        "read": values["status"] == "read",
        "skip": values["status"] == "skip",
        "star": values["rating"] == "5",
    }
    return (
        row.endswith(f"| {values['relevance']}/{values['novelty']} | {values['status']} |")
        and f"**Relevance** {values['relevance']} " in section
        and f"**Status** {values['status']}\n" in section
        and all(f"- [{'x' if on else ' '}] {task}\n" in section for task, on in ticks.items())
    )


def _set(text: str, key: str, value: str) -> str:
    line = f"{key}: {value}".rstrip()
    return re.sub(rf"^{key}:.*$", line, text, count=1, flags=re.MULTILINE)


def _stamp(page: Path) -> tuple[int, ...]:
    try:
        told = page.stat()
    except FileNotFoundError:
        return ()
    return told.st_ino, told.st_mtime_ns, told.st_size
