"""Tasks ticked on daily pages, as edits of the notes that they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kb.core import pages, plan
from kb.core.plan import NoteEdit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kb.core.history import History
    from kb.core.notes import Note
    from kb.core.properties import Properties


@dataclass(frozen=True, slots=True)
class Ticks:
    """What ticks on daily pages ask for."""

    edits: tuple[NoteEdit, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict)
    """Paper id to the daily page it was ticked on: that page waits if its note cannot be edited."""


def ticks(
    shown: Iterable[tuple[str, Mapping[str, frozenset[str]]]],
    by_id: Mapping[str, Note],
    history: History,
    properties: Properties,
) -> Ticks:
    """Turns ticked tasks into `status` and `rating`.

    `shown` are daily pages: path, and what is ticked there by paper. What kb last showed is in the ledger (`boxes`), so a
    box counts as ticked or unticked by the reader only where it differs from that; where the note
    was changed as well, the note is right.
    """
    edits: list[NoteEdit] = []
    from_page: dict[str, str] = {}
    for path, ticked in shown:
        for arxiv_id, on in sorted(ticked.items()):
            note = by_id.get(arxiv_id)
            base = history.boxes.get(arxiv_id, frozenset())
            if note is None or note.refused or on == base or pages.boxes(note) != base:
                continue
            if changes := _tick(on, base):
                edits.append(_status_edit(note, changes, properties))
                from_page[arxiv_id] = path
    return Ticks(tuple(edits), from_page)


def _tick(on: frozenset[str], base: frozenset[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    added, removed = on - base, base - on
    for status in ("read", "skip"):
        if status in added and "status" not in changes:
            changes["status"] = status
    if "status" not in changes and removed & {"read", "skip"}:
        changes["status"] = "unread"
    if "star" in added:
        changes["rating"] = 5
    elif "star" in removed:
        changes["rating"] = None
    return changes


def _status_edit(note: Note, changes: dict[str, Any], properties: Properties) -> NoteEdit:
    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = plan.still(note, text, properties)
        due = {k: v for k, v in changes.items() if now.values.get(k) == note.values.get(k)}
        return properties.edit(text, due), {}, False

    said = ", ".join(f"{key}: {'' if value is None else value}" for key, value in changes.items())
    return NoteEdit(
        id=note.id or "", path=note.path, why=f"ticked: {said}", apply=apply, record=False,
        day=note.announced,
    )  # fmt: skip
