"""Where a list has a paper: under which month and week, or under which heading."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kb.sources.lists import cells
from kb.sources.lists.dates import find_month

_WEEK = re.compile(r"\bweek\s*(?:no\.?\s*)?(\d{1,2})\b", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*#*[ \t]*")
_LONGEST = 60


@dataclass(slots=True)
class Place:
    """The headings above a row, the deepest last, in a file called `name`."""

    name: str
    headings: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, level: int, text: str) -> None:
        """Come to a heading: those of its level and deeper end."""
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, text))

    def __str__(self) -> str:
        """`2025-04 week 1`, `2025-04`, the nearest heading, or the file's name."""
        texts = [text for _, text in reversed(self.headings)]
        weeks = (found[1] for text in texts if (found := _WEEK.search(text)))
        months = (when for text in [*texts, self._stem] if (when := find_month(text)))
        month, week = next(months, None), next(weeks, None)
        if week is not None:
            return f"{month} week {int(week)}" if month else f"week {int(week)}"
        if month is not None:
            return str(month)
        return next((text for text in texts if text), self._stem)[:_LONGEST].strip()

    @property
    def _stem(self) -> str:
        stem = self.name.replace("\\", "/").rpartition("/")[2]
        return stem.rpartition(".")[0] or stem


def heading(line: str) -> tuple[int, str] | None:
    """The level and the plain text of a heading; None where the line is none."""
    match = _HEADING.fullmatch(line)
    return (len(match[1]), cells.plain(match[2] or "")) if match else None
