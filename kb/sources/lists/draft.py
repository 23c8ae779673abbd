"""What has been read of one file, while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kb.core.listed import Listing, title_doubts
from kb.errors import Problem

if TYPE_CHECKING:
    from kb.core.listed import DayTotals, Listed


@dataclass(slots=True)
class Draft:
    """Collects rows; every one that is counted becomes an entry or is told as odd."""

    name: str
    entries: list[Listed] = field(default_factory=list)
    odd: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    rows: int = 0
    day: DayTotals | None = None
    topics_text: str = ""

    def where(self, line: int) -> str:
        return f"{self.name}:{line}"

    def misread(self, line: int, why: str) -> None:
        self.odd.append(Problem(self.where(line), why))

    def doubt(self, line: int, why: str) -> None:
        self.doubts.append(Problem(self.where(line), why))

    def done(self, form: str, *, mended: int = 0) -> Listing:
        doubts = [*self.doubts, *title_doubts(self.name, self.entries)]
        return Listing(
            name=self.name,
            form=form,
            entries=tuple(self.entries),
            odd=tuple(self.odd),
            doubts=tuple(doubts),
            rows=self.rows,
            day=self.day,
            topics_text=self.topics_text,
            mended=mended,
        )
