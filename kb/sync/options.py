"""What a caller asks of one pass, and how the pass tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

if TYPE_CHECKING:
    from datetime import date


class Progress(Protocol):
    """Told about long steps. `total` is None while it is not known."""

    def __call__(self, step: str, done: int, total: int | None) -> None: ...


def silent(step: str, done: int, total: int | None) -> None:
    """A Progress that shows nothing."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The words of `kb score`: which papers, and what for."""

    ids: tuple[str, ...] = ()
    provisional: bool = False
    since: date | None = None
    everything: bool = False
    notes: bool = False
    """Reading notes into the notes of these papers."""
    summaries: bool = False
    """Summaries of these papers."""
    months: tuple[tuple[int, int], ...] = ()
    """Years and months to look back on."""
    batch: bool = False
    """Through the provider's queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The words of `kb sync`, `kb score` and `kb index`."""

    intake: bool = True
    """False: no papers come in; notes, ticks and pages are brought up to date."""
    score: Selection | None = None
    """Judge these again; no papers come in."""
    feed: str | None = None
    """A file, a folder, `-` or `sample`; None: arXiv."""
    day: date | None = None
    since: date | None = None
    until: date | None = None
    scorer: Literal["auto", "local", "llm"] = "auto"
    """`auto`: a model where a key or an address is there, else the local scorer."""
    max_cost: float | None = None
    """US dollars that this pass may spend at most; None: what `[llm] daily_budget` leaves."""
    dry_run: bool = False
    commit: bool = True
    settled: bool = False
    """Commit notes though the reader has changed them within `git.settle`."""
    accept_deletions: bool = False
    stdin: BinaryIO | None = None
