"""The notes of papers, one per paper, arranged as pages ask for them.

A vault holds tens of thousands of notes and a pass looks at a few: each is kept as the JSON
that the cache has of it, and read when it is asked for.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kb.core import notes as notes_
from kb.core.papers import id_order

if TYPE_CHECKING:
    from datetime import date

    from kb.core.notes import Note


_MOST = 1_000_000


class Card(NamedTuple):
    """What is asked of all notes, and the rest of one as JSON."""

    path: str
    day: date | None
    kept: bool
    refused: bool
    unread: bool
    """Whether pages list it as one to be read."""
    rank: tuple[int, int]
    """(score, relevance)."""
    status: str
    rating: int | None
    topic: str
    """The first of its topics."""
    face: bytes
    packed: bytes

    @classmethod
    def of(cls, note: Note, packed: bytes) -> Card:
        """That of a note, of which `notes.pack` made `packed`."""
        kept, status, rating = note.kept, note.status, note.rating
        return cls(
            note.path, note.announced, kept, bool(note.refused), kept and status in ("", "unread"),
            (_modest(note.score), _modest(note.relevance)),
            sys.intern(status), None if rating is None else _modest(rating),
            sys.intern(next(iter(note.texts("topics")), "")),
            notes_.face(note), packed,
        )  # fmt: skip


class Said(NamedTuple):
    """What a note says of what its reader thinks of the paper."""

    id: str
    rating: int | None
    relevance: int
    """0 where it names none."""
    status: str


class Notes(MutableMapping[str, "Note"]):
    """Notes by paper. Days whose pages are out of date since the last `settle` are in `stirred`."""

    def __init__(self, notes: Iterable[Note] = ()) -> None:
        self._cards: dict[str, Card] = {}
        self._paths: dict[str, str] = {}
        self._days: dict[date | None, set[str]] = {}
        self._unread: dict[tuple[int, int], set[str]] = {}
        self._kept = 0
        self.turns = 0
        """How often the first note of a day has come, or the last one gone."""
        self.stirred: dict[date | None, set[str]] = {}
        """Days on which a note has come, changed or gone (None for notes without a day), and what of it
        is other than before: its `status`, its `rating`, or its `face`."""
        self.changed: set[str] = set()
        """Papers whose note has come, changed or gone since then."""
        self.refused: set[str] = set()
        """Papers whose note cannot be read at the moment."""
        for note in notes:
            if note.id is not None:
                self[note.id] = note

    def __getitem__(self, arxiv_id: str) -> Note:
        return notes_.unpack(self._cards[arxiv_id].packed)

    def __setitem__(self, arxiv_id: str, note: Note) -> None:
        self.put(arxiv_id, Card.of(note, notes_.pack(note)))

    def put(self, arxiv_id: str, card: Card) -> None:
        """As setting the item, where the note's card is at hand."""
        before = self._cards.get(arxiv_id)
        if before is not None and before.packed == card.packed:
            return
        days = (card.day, card.day if before is None else before.day)
        there = [day in self._days for day in days]
        if before is not None:
            self._leave(arxiv_id, before)
        self._cards[arxiv_id] = card
        self._paths[card.path] = arxiv_id
        self._stir(arxiv_id, card, before)
        if card.refused:
            self.refused.add(arxiv_id)
        if card.kept:
            self._kept += 1
            self._days.setdefault(card.day, set()).add(arxiv_id)
        if card.unread:
            self._unread.setdefault(card.rank, set()).add(arxiv_id)
        self.turns += there != [day in self._days for day in days]

    def __delitem__(self, arxiv_id: str) -> None:
        card = self._cards.pop(arxiv_id)
        self._leave(arxiv_id, card)
        self.turns += card.day not in self._days
        self._stir(arxiv_id, card, None)

    def _stir(self, arxiv_id: str, card: Card, before: Card | None) -> None:
        self.changed.add(arxiv_id)
        kinds = self.stirred.setdefault(card.day, set())
        if before is None or (before.face, before.kept, before.day) != (
            card.face, card.kept, card.day,
        ):  # fmt: skip
            kinds.add("face")
            if before is not None:
                self.stirred.setdefault(before.day, set()).add("face")
            return
        kinds.update({"status"} if before.status != card.status else ())
        kinds.update({"rating"} if before.rating != card.rating else ())

    def _leave(self, arxiv_id: str, card: Card) -> None:
        self.refused.discard(arxiv_id)
        if self._paths.get(card.path) == arxiv_id:
            del self._paths[card.path]
        if card.kept:
            self._kept -= 1
            _take_out(self._days, card.day, arxiv_id)
        if card.unread:
            _take_out(self._unread, card.rank, arxiv_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)

    def __contains__(self, arxiv_id: object) -> bool:
        return arxiv_id in self._cards

    def settle(self) -> None:
        """Every page is in step now, or known not to be."""
        self.stirred.clear()
        self.changed.clear()

    def path_of(self, arxiv_id: str) -> str | None:
        """Where the paper's note lies."""
        card = self._cards.get(arxiv_id)
        return card.path if card else None

    def id_at(self, path: str) -> str | None:
        """The paper whose note lies at `path`."""
        return self._paths.get(path)

    def day_of(self, arxiv_id: str) -> date | None:
        """The announcement day that the paper's note tells."""
        card = self._cards.get(arxiv_id)
        return card.day if card else None

    def face(self, arxiv_id: str) -> bytes:
        """Equal where pages show the same of a note, its mark aside."""
        return self._cards[arxiv_id].face

    def mark(self, arxiv_id: str) -> tuple[str, bool]:
        """The note's status, and whether it has five stars."""
        card = self._cards[arxiv_id]
        return card.status, card.rating == 5

    def topic(self, arxiv_id: str) -> str:
        """The first of the note's topics; empty where it has none."""
        return self._cards[arxiv_id].topic

    def marks(self, arxiv_id: str) -> tuple[str, int | None]:
        """The note's status and rating."""
        card = self._cards[arxiv_id]
        return card.status, card.rating

    def opinions(self, written: Mapping[str, int]) -> list[Said]:
        """What the reader may have said of papers: by a rating, by skipping them, or by another relevance
        than the one that kb wrote (`written`, by paper)."""
        return [
            Said(i, card.rating, card.rank[1], card.status)
            for i, card in self._cards.items()
            if card.rating is not None or card.status == "skip" or card.rank[1] != written.get(i)
        ]

    # As pages list them: what fell below the cutoffs is left out

    @property
    def listed(self) -> int:
        """How many notes pages list."""
        return self._kept

    def days(self) -> Iterable[date]:
        """Announcement days with notes, in no order."""
        return (day for day in self._days if day is not None)

    def ids_on(self, day: date | None) -> list[str]:
        """The papers of a day, or those without one, sorted."""
        return sorted(self._days.get(day, ()))

    def ordered(self, papers: Iterable[str]) -> list[str]:
        """The papers in the order of pages: by score, then relevance, then id."""
        return sorted(papers, key=self._place)

    def _place(self, arxiv_id: str) -> tuple[int, int, tuple[int, int]]:
        score, relevance = self._cards[arxiv_id].rank
        return -score, -relevance, id_order(arxiv_id)

    def count_on(self, day: date | None) -> int:
        return len(self._days.get(day, ()))

    @property
    def unread(self) -> int:
        """How many listed notes are still to be read."""
        return sum(map(len, self._unread.values()))

    def best_unread(self, most: int) -> list[str]:
        """The first `most` of them, best first."""
        found: list[str] = []
        for shelf in sorted(self._unread, reverse=True):
            missing = most - len(found)
            found += heapq.nsmallest(missing, self._unread[shelf], key=id_order)
            if len(found) == most:
                break
        return found


def _modest(number: int) -> int:
    """A number that a database can keep, whatever somebody has written into a note."""
    return max(-_MOST, min(number, _MOST))


def _take_out(shelves: dict[Any, set[str]], key: Any, arxiv_id: str) -> None:
    shelves[key].discard(arxiv_id)
    if not shelves[key]:
        del shelves[key]
