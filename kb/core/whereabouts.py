"""What became of notes since the last pass: written though not recorded, moved, gone, back again.

By the ledger, which says what kb wrote and where, and the notes as they are now. Nothing here
touches a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.core.notes import changed_by_reader
from kb.core.papers import id_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kb.core.collection import Notes
    from kb.core.history import History, Record, Written
    from kb.core.notes import Note


def landed(record: Record, note: Note | None, written: Written | None) -> bool | None:
    """Whether a note holds what a pass that died was about to write; None: it cannot be told yet.

    `record` is what the ledger was to say, `written` what it says. Without this kb would take its
    own bytes for the reader's, and never touch them again.
    """
    if note is None:
        return False
    if note.refused:
        return None
    before: Mapping[str, Any] = written.keys if written else {}
    regions_before: Mapping[str, str] = written.regions if written else {}
    keys = {k: v for k, v in record["keys"].items() if k not in before or before[k] != v}
    lost = before.keys() - record["keys"].keys()
    regions = {k: v for k, v in record["regions"].items() if regions_before.get(k) != v}
    return (
        not (keys or regions or lost)
        or any(not changed_by_reader(key, note.values.get(key), keys) for key in keys)
        or any(note.regions.get(name) == digest for name, digest in regions.items())
        or any(note.values.get(key) is None for key in lost)
    )


def moved(history: History, notes: Notes, among: Iterable[str]) -> Iterator[tuple[Written, Note]]:
    """Notes that are not where kb wrote them, and what it wrote."""
    for arxiv_id in sorted(among):
        path, written = notes.path_of(arxiv_id), history.wrote.get(arxiv_id)
        if path is not None and written is not None and written.path != path:
            yield written, notes[arxiv_id]


def returned(
    history: History, notes: Notes, among: Iterable[str]
) -> Iterator[tuple[Written | None, Note]]:
    """Notes that were deleted and are there again, and what kb had last written into them."""
    for arxiv_id in sorted(history.gone.keys() & set(among)):
        if arxiv_id in notes:
            yield history.former.get(arxiv_id), notes[arxiv_id]


def renumbered(history: History, notes: Notes, among: Iterable[str]) -> Iterator[tuple[str, Note]]:
    """Notes that kb made for one paper and that now name another: the former id, and the note."""
    for arxiv_id in sorted(vanished(history, notes, among)):
        if other := notes.id_at(history.wrote[arxiv_id].path):
            yield arxiv_id, notes[other]


def vanished(history: History, notes: Notes, among: Iterable[str]) -> list[str]:
    """Papers whose note kb wrote and that is nowhere in the vault any more."""
    gone = (i for i in among if i not in notes and i in history.wrote)
    return sorted(gone, key=id_order)


def from_ledger(note: Note, written: Written | None) -> dict[str, Any]:
    """What the ledger knows of a note that cannot be read now, so that it keeps its place on pages.

    Titles, summaries and other text are not in the ledger.
    """
    keys = written.keys if written else {}
    return {
        key: value
        for key, value in keys.items()
        if not (isinstance(value, str) and value.startswith("#"))
    } | note.values


def too_many_vanished(missing: int, known: int) -> bool:
    """More than 20 notes and more than a tenth of them, or all where they are more than a few: not a
    reader deleting, but a lost folder."""
    return (missing > 20 and missing * 10 > known) or missing == known > 3
