"""What one pass did, for a person and for a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from kb.errors import Problem


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a pass does to the vault, in the words of `--dry-run`."""

    kind: str
    path: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.path}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class DayReport:
    """What became of one announcement day in this pass."""

    day: date
    outcome: str
    announced: int = 0
    scanned: int = 0
    relevant: int = 0
    why: str = ""
    source: str = ""


@dataclass(slots=True)
class Report:
    """Filled in as the pass goes on. `exit` follows the promise of the command line."""

    days: list[DayReport] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    refused: list[Problem] = field(default_factory=list)
    """Files that cannot be edited safely; kb left them alone."""
    deferred: list[Problem] = field(default_factory=list)
    """Files somebody may be typing in; the next pass takes them."""
    problems: list[Problem] = field(default_factory=list)
    """Everything else that was skipped, with its reason."""
    settled: int = 0
    """Days of which something new was learnt in this pass."""
    written: list[str] = field(default_factory=list)
    """Vault paths whose bytes changed."""
    pages: int = 0
    backlog: int = 0
    """Papers read as background, not filed."""
    tokens: tuple[int, int, int] = (0, 0, 0)
    usd: float | None = 0.0
    """None: at a price that nobody knows."""
    commit: str | None = None
    subject: str = ""
    """What the commit is called; empty where what was done says it."""
    later: str = ""
    """Why to try again later, where something is unfinished (exit 75)."""
    mistake: str = ""
    """What is wrong with the settings or the key, where the pass could go on without (exit 2)."""
    person: str = ""
    """What needs a person, where something new does (exit 1)."""

    @property
    def exit(self) -> int:
        if self.mistake:
            return 2
        if self.person:
            return 1
        return 75 if self.later else 0

    def as_json(self) -> dict[str, Any]:
        """The object of `kb sync --json`."""
        prompt, cached, completion = self.tokens
        return {
            "v": 1,
            "exit": self.exit,
            "days": [_day(day) for day in self.days],
            "notes": {
                "created": self.created,
                "updated": self.updated,
                "refused": [{"path": p.where, "why": p.why} for p in self.refused],
                "deferred": [{"path": p.where, "why": p.why} for p in self.deferred],
            },
            "pages": self.pages,
            "backlog": self.backlog,
            "tokens": {"prompt": prompt, "cached": cached, "completion": completion},
            "usd": self.usd,
            "commit": self.commit,
            "actions": [str(action) for action in self.actions],
            "later": self.later or None,
            "mistake": self.mistake or None,
            "person": self.person or None,
            "problems": [{"where": p.where, "why": p.why} for p in self.problems],
        }


def _day(day: DayReport) -> dict[str, Any]:
    told: dict[str, Any] = {
        "day": day.day.isoformat(),
        "outcome": day.outcome,
        "announced": day.announced,
        "scanned": day.scanned,
        "relevant": day.relevant,
    }
    if day.why:
        told["why"] = day.why
    if day.source:
        told["source"] = day.source
    return told
