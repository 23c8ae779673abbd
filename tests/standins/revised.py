"""A vault with notes on papers that arXiv replaces, again and again: kb has to edit what is there."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standins.box import Box
from standins.feeds import ON_TOPIC, TITLE, rss

FIRST = date(2025, 2, 10)


@dataclass
class Revised:
    """A vault whose papers get a new version by each `revise`, a day later than the last."""

    box: Box
    folder: Path
    papers: int = 1
    version: int = 1

    def begin(self) -> None:
        """Files the first versions. Each has its note: everything is relevant enough here."""
        self.box.edit("kb.toml", "relevance = 7", "relevance = 1")
        self.file()
        assert len(self.box.notes()) == self.papers

    def file(self) -> Any:
        """A pass with the papers as they were first announced, for the first time or once more."""
        self.version = 1
        return self.box.json("sync", "--feed", str(self._feed("new", TITLE)))

    @property
    def note(self) -> str:
        """The path of the only note below `Papers/`."""
        (path,) = self.box.notes()
        return path

    def text(self) -> str:
        return self.box.text(self.note)

    def write(self, text: str) -> None:
        self.box.write(self.note, text)

    def revise(self, *, title: str = TITLE, code: int = 0) -> Any:
        """A pass with a new version of every paper; gives back what `kb sync --json` says."""
        self.version += 1
        return self.box.json("sync", "--feed", str(self._feed("replace", title)), code=code)

    def revise_meanwhile(
        self, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch, *, title: str = TITLE
    ) -> Any:
        """As `revise`; `act` happens while the feed is awaited, when the vault was looked at."""
        self.version += 1
        data = io.BytesIO(self._feed("replace", title).read_bytes())
        waiting = [act]

        class Slow(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any, /) -> int:
                while waiting:
                    waiting.pop()()
                return data.readinto(buffer)

        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Slow()))
        told = self.box.json("sync", "--feed", "-")
        assert not waiting, "nothing was read"
        return told

    def _feed(self, kind: str, title: str) -> Path:
        day = FIRST + timedelta(days=self.version - 1)
        abstract = ON_TOPIC if self.version == 1 else f"Better words, version {self.version}."
        items = [(n, kind, self.version, abstract) for n in range(1, self.papers + 1)]
        path = self.folder / f"version-{self.version}.xml"
        return rss(path, *items, date=f"{day:%a, %d %b %Y}", title=title)


def body(text: str) -> str:
    """What stands below the frontmatter of a note."""
    return text.split("\n---", 1)[1].partition("\n")[2]


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """The pairs of lines that differ between two texts of as many lines."""
    one, other = before.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(one) == len(other)
    return [(a, b) for a, b in zip(one, other, strict=True) if a != b]
