"""What an export says of a paper, and which papers it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kb.core.papers import id_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kb.core.notes import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paper. Texts may hold TeX; the formats see to what they can show."""

    id: str
    title: str
    version: int | None = None
    authors: tuple[str, ...] = ()
    abstract: str = ""
    comment: str = ""
    """Why it was kept."""
    summary: str = ""
    topics: tuple[str, ...] = ()
    relevance: int | None = None
    novelty: int | None = None
    scored_by: str = ""
    submitted: date | None = None
    revised: date | None = None
    announced: date | None = None
    primary: str = ""
    categories: tuple[str, ...] = ()
    doi: str = ""
    journal: str = ""
    author_comment: str = ""
    code: str = ""
    listed: str = ""
    status: str = ""
    rating: int | None = None
    path: str = ""
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def score(self) -> int:
        return (self.relevance or 0) + (self.novelty or 0)

    @property
    def url(self) -> str:
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def pdf(self) -> str:
        return f"https://arxiv.org/pdf/{self.id}"

    @property
    def filed(self) -> date | None:
        """The day that `--since` and `--until` ask for."""
        return self.announced or self.submitted

    @property
    def month(self) -> date:
        """The first day of the month in which arXiv gave out the id."""
        yearmonth, _ = id_order(self.id)
        return date(yearmonth // 100, min(max(yearmonth % 100, 1), 12), 1)


def from_note(note: Note, *, abstract: str = "", comment: str = "") -> Entry | None:
    """What a note says of its paper; None where it is none of a paper. The abstract and the comment
    are not among its properties."""
    if note.id is None:
        return None
    return Entry(
        id=note.id,
        title=note.title,
        version=note.number("version"),
        authors=note.texts("authors"),
        abstract=abstract,
        comment=comment,
        summary=_one(note, "summary"),
        topics=note.texts("topics"),
        relevance=note.number("relevance"),
        novelty=note.number("novelty"),
        scored_by=_one(note, "scored_by"),
        submitted=_day(note, "submitted"),
        revised=_day(note, "revised"),
        announced=note.announced,
        primary=_one(note, "primary"),
        categories=note.texts("categories"),
        doi=_one(note, "doi"),
        journal=_one(note, "journal"),
        author_comment=_one(note, "author_comment"),
        code=_one(note, "code"),
        listed=_one(note, "listed"),
        status=note.status,
        rating=note.rating,
        path=note.path,
    )


def _one(note: Note, key: str) -> str:
    return next(iter(note.texts(key)), "")


def _day(note: Note, key: str) -> date | None:
    try:
        return date.fromisoformat(_one(note, key)[:10])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which papers go out; what is not given does not limit."""

    since: date | None = None
    until: date | None = None
    min_score: int | None = None
    topics: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    def admits(self, entry: Entry) -> bool:
        """Whether a paper is wanted: from `since` to `until`, both included, of one of the topics,
        in one of the states (no state counts as unread). One without a day is in no period."""
        filed = entry.filed
        if (self.since or self.until) and filed is None:
            return False
        if filed and ((self.since and filed < self.since) or (self.until and filed > self.until)):
            return False
        if self.min_score is not None and entry.score < self.min_score:
            return False
        topics = {topic.casefold() for topic in entry.topics}
        if self.topics and not topics & {topic.casefold() for topic in self.topics}:
            return False
        status = (entry.status or "unread").casefold()
        return not self.statuses or status in {word.casefold() for word in self.statuses}


def choose(entries: Iterable[Entry], choice: Choice) -> list[Entry]:
    """The papers that are wanted, in the order given."""
    return [entry for entry in entries if choice.admits(entry)]


def by_day(entries: Iterable[Entry]) -> list[Entry]:
    """Newest day first, within a day best first; those without a day last."""
    return sorted(
        entries,
        key=lambda e: (
            -(e.filed or date.min).toordinal(),
            -e.score,
            -(e.relevance or 0),
            id_order(e.id),
        ),
    )
