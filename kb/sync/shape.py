"""What the settings ask of new notes, and which notes of the vault are otherwise."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kb.config import FolderSettings, NoteSettings
from kb.core import frontmatter, views
from kb.core.note_names import NamePlan
from kb.core.papers import Paper
from kb.errors import Busy, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.core.notes import Note
    from kb.sync.state import State

VIEWS = "Papers.base"
_DEFAULTS = (FolderSettings().papers, NoteSettings().name)


def differing(state: State) -> Iterator[tuple[str, list[str]]]:
    """The path of each note of kb's that a new one would not be like, and in what."""
    settings = state.vault.settings
    properties = state.vault.properties
    plan = None
    if (settings.folders.papers, settings.notes.name) != _DEFAULTS:
        plan = NamePlan(set(), settings.folders.papers, settings.notes.name, settings.folders.root)
    for arxiv_id, written in sorted(state.history.wrote.items()):
        note = state.notes.get(arxiv_id)
        if note is None or note.refused or written.adopted:
            continue
        found = []
        if properties.names or properties.off:
            found += properties.differing(_properties(state, note))
        still = note.path == written.path and not written.moved
        if plan is not None and still and not plan.fits(note.path, _paper(note)):
            found.append("it would lie elsewhere")
        if found:
            yield note.path, found


def old_views(state: State) -> str:
    """The file of live views, where it speaks of keys that the settings have renamed."""
    path = state.vault.settings.at(VIEWS)
    try:
        text = state.vault.read_text(path)
    except (Busy, Refused):
        return ""
    return path if views.renamed(text, state.vault.properties) != text else ""


def _properties(state: State, note: Note) -> dict[str, object]:
    try:
        return frontmatter.read(state.vault.files.read(note.path).text)
    except (Busy, Refused, frontmatter.FrontmatterError):
        return {}


def _paper(note: Note) -> Paper:
    return Paper(
        id=note.id or "",
        title=note.title,
        authors=note.texts("authors"),
        abstract="",
        categories=note.texts("primary"),
        submitted=_moment(note, "submitted"),
        announced=note.announced,
    )


def _moment(note: Note, key: str) -> datetime | None:
    for text in note.texts(key):
        with suppress(ValueError):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return None
