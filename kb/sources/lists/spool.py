"""Lists laid aside one by one as they are read, so that no more than a few are in memory at a time."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from kb.core.gathered import Gathered, gather

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from types import TracebackType

    from kb.core.listed import Listing
    from kb.errors import Problem

_IN_MEMORY = 4 * 1024 * 1024
"""Bytes that are laid aside before a temporary file is made."""
_AT_HAND = 4
"""Lists that are kept at hand once they were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A list without its rows."""

    name: str
    form: str
    papers: int
    rows: int
    without: int
    odd: int
    doubts: int
    mended: int
    problems: tuple[Problem, ...]
    """Everything a person should know of it."""
    day: date | None
    """The day of a digest."""
    topics: bool
    """Whether it prints the topics it was judged by."""


class Spool:
    """Any number of lists. Close it, or use it as a context manager."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        """In the order in which they came."""
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with this
        self._places: list[int] = []
        self._papers: dict[str, tuple[int, ...]] = {}
        self._days: dict[str, date] = {}
        self._at_hand: OrderedDict[int, tuple[Listing, dict[str, Gathered]]] = OrderedDict()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, listing: Listing) -> None:
        """Lays a list aside."""
        number = len(self.outlines)
        self.outlines.append(_outline(listing))
        for entry in listing.papers:
            arxiv_id = entry.id or ""
            held = self._papers.get(arxiv_id, ())
            if not held or held[-1] != number:
                self._papers[arxiv_id] = (*held, number)
            if entry.announced is not None:
                known = self._days.get(arxiv_id, entry.announced)
                self._days[arxiv_id] = min(known, entry.announced)
        self._places.append(self._file.seek(0, 2))
        pickle.dump(listing, self._file, pickle.HIGHEST_PROTOCOL)

    @property
    def papers(self) -> Sequence[str]:
        """Every paper of the lists, in the order in which they first come."""
        return list(self._papers)

    def announced(self, arxiv_id: str) -> date | None:
        """The earliest day on which a digest had it."""
        return self._days.get(arxiv_id)

    def gathered(self, arxiv_id: str) -> Gathered:
        """All that the lists say of a paper."""
        numbers = self._papers[arxiv_id]
        rows = (row for number in numbers for row in self._load(number)[1][arxiv_id].rows)
        return Gathered(arxiv_id, tuple(rows))

    def listing(self, number: int) -> Listing:
        """A list as it was laid aside."""
        return self._load(number)[0]

    def on(self, day: date) -> Iterator[Listing]:
        """The digests of a day."""
        for number, outline in enumerate(self.outlines):
            if outline.day == day:
                yield self.listing(number)

    def _load(self, number: int) -> tuple[Listing, dict[str, Gathered]]:
        if number in self._at_hand:
            self._at_hand.move_to_end(number)
        else:
            self._file.seek(self._places[number])
            listing: Listing = pickle.load(self._file)  # noqa: S301 - what `add` wrote
            self._at_hand[number] = listing, gather([listing])
            if len(self._at_hand) > _AT_HAND:
                self._at_hand.popitem(last=False)
        return self._at_hand[number]


def _outline(listing: Listing) -> Outline:
    return Outline(
        name=listing.name,
        form=listing.form,
        papers=len(listing.ids),
        rows=listing.rows,
        without=len(listing.without),
        odd=len(listing.odd),
        doubts=len(listing.doubts),
        mended=listing.mended,
        problems=listing.problems,
        day=listing.day.day if listing.day else None,
        topics=bool(listing.topics_text),
    )
