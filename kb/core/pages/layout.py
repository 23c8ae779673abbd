"""Where pages lie in the vault."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from kb.core.pages.calendar import Week


@dataclass(frozen=True, slots=True)
class Layout:
    """Where pages lie in the vault."""

    root: str = ""
    daily: str = "Daily"
    weekly: str = "Weekly"
    monthly: str = "Monthly"

    def _at(self, *parts: str) -> str:
        return "/".join(part for part in (self.root, *parts) if part)

    def day(self, day: date) -> str:
        return self._at(self.daily, f"arxiv-{day.isoformat()}.md")

    def week(self, week: Week) -> str:
        return self._at(self.weekly, f"arxiv-{week}.md")

    def month(self, year: int, month: int) -> str:
        return self._at(self.monthly, f"arxiv-{year:04d}-{month:02d}.md")

    @property
    def imported(self) -> str:
        return self._at(self.monthly, "arxiv-imported.md")

    @property
    def home(self) -> str:
        return self._at("Home.md")

    @property
    def topics(self) -> str:
        return self._at("Topics.md")

    @property
    def folders(self) -> tuple[str, str, str]:
        """The folders of pages by day, week and month."""
        return self._at(self.daily), self._at(self.weekly), self._at(self.monthly)

    def owns(self, path: str) -> bool:
        """Whether `path` is that of a generated page."""
        if "arxiv-" not in path and not path.endswith("Home.md"):
            return False
        folder, _, name = path.rpartition("/")
        return path == self.home or (
            folder in self.folders and name.startswith("arxiv-") and name.endswith(".md")
        )

    def day_on(self, path: str) -> date | None:
        """A day that is shown on the page at `path`; None where it shows none by its name."""
        return _named(path.rpartition("/")[2].removeprefix("arxiv-").removesuffix(".md"))

    @staticmethod
    def criteria(digest: str) -> str:
        return f".kb/criteria/{digest}.md"


@functools.lru_cache(maxsize=4096)
def _named(name: str) -> date | None:
    dates = ((name, "%Y-%m-%d"), (f"{name}-4", "%G-W%V-%u"), (f"{name}-15", "%Y-%m-%d"))
    for text, form in dates:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day of arXiv
    return None
