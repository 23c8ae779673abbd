"""Which notes a model is to add to by itself: the new ones, or those that the reader rated well."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kb.core.papers import Paper
from kb.scorers.feedback import LIKED_RATING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.core.history import Day
    from kb.core.notes import Note
    from kb.sync.state import State

LATELY = timedelta(days=14)
"""So long a note counts as new, from its day on or from when it was filed."""
_USUAL_ABSTRACT = "x" * 1300


def wanted(state: State, which: str) -> list[str]:
    """Papers with a note that is `kept` (and new, judged for good, from nobody's list) or `rated` (4
    or 5), in order."""
    if which == "rated":
        held = state.notes.items()
        return sorted(
            i for i, note in held if _is_real(note) and (note.rating or 0) >= LIKED_RATING
        )
    filed = {arxiv_id for day in days(state) for arxiv_id in day.kept}
    for back in range(LATELY.days + 1):
        filed.update(state.notes.ids_on(state.now.date() - timedelta(days=back)))
    found = ((i, state.notes[i]) for i in filed if i in state.notes)
    return sorted(i for i, note in found if _is_settled(note))


def days(state: State) -> Iterator[Day]:
    """The days of arXiv of which something was filed lately."""
    first = (state.now.date() - LATELY).isoformat()
    return (day for day in state.history.real_days() if day.at >= first)


def at_hand(state: State, ids: Iterable[str]) -> list[Paper]:
    """The papers as far as an estimate needs them: of those whose text is not at hand, about as long."""
    ids = list(ids)
    cached = state.vault.cache.papers(ids)
    return [
        cached.get(i)
        or Paper(
            id=i, title=state.notes[i].title, authors=(), abstract=_USUAL_ABSTRACT, categories=()
        )
        for i in ids
    ]


def _is_real(note: Note) -> bool:
    return note.values.get("source") != "sample"


def _is_settled(note: Note) -> bool:
    listed = note.values.get("source") in ("sample", "import")
    return note.kept and not listed and note.values.get("provisional") is not True
