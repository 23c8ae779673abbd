"""Whether a note still is what kb made it, so that it may go again without a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import composing, frontmatter, notes, regions
from kb.core.assessments import Assessment
from kb.core.papers import Paper
from kb.core.properties import KEYS
from kb.errors import ConfigError

if TYPE_CHECKING:
    from kb.core.history import Written
    from kb.core.properties import Form, Properties


def is_untouched(path: str, text: str, written: Written | None, form: Form) -> bool:
    """Whether the note is all kb's: where kb made it, each key and region as kb wrote it, outside the
    `paper` region only what the template puts there, and no status or rating that a reader gave."""
    note = notes.read(path, text, form.properties)
    return (
        written is not None
        and not note.refused
        and is_as_written(note, written, form.properties)
        and has_no_words(text, form)
    )


def has_no_words(text: str, form: Form) -> bool:
    """Whether nothing but kb's words stands outside the `paper` region: no comment either."""
    try:
        present = frontmatter.read(text)
        values = form.properties.read(present)
        plain = frontmatter.is_as_dumped(text)
    except frontmatter.FrontmatterError:
        return False
    unread = values.get("status") in (None, "", "unread") and values.get("rating") is None
    known = unread and set(values) <= set(KEYS) and len(values) == len(present)
    return plain and known and is_bare(text, form)


def is_bare(text: str, form: Form) -> bool:
    """Whether nothing but what the template puts there stands below the properties, the `paper`
    region aside."""
    try:
        around = _around(frontmatter.split(text)[1])
        blank = Paper(id="0000.00000", title="x", authors=(), abstract="", categories=())
        fresh = Assessment(id=blank.id, relevance=1, novelty=1)
        made = _around(composing.body(blank, fresh, form))
    except (frontmatter.FrontmatterError, regions.RegionError, ConfigError):
        return False
    return around is not None and around == made


def is_as_written(note: notes.Note, written: Written, properties: Properties) -> bool:
    """Whether all of kb's keys and regions are what kb wrote, where it wrote them."""
    written_keys = written.keys
    mine = {"aliases": (f"arXiv:{note.id}",), "tags": ("paper",)}
    listed = all(
        note.texts(key) == told or (key in properties.off and not note.texts(key))
        for key, told in mine.items()
    )
    keys = {key for key in (*written_keys, *note.values) if key not in notes.SHARED}
    return (
        listed
        and not (written.adopted or written.moved)
        and written.path == note.path
        and written.regions == note.regions
        and not any(
            notes.changed_by_reader(key, note.values.get(key), written_keys) for key in keys
        )
    )


def _around(body: str) -> tuple[str, str] | None:
    region = regions.find(body, notes.REGION)
    if region is None:
        return None
    return _folded(body[: region.start]), _folded(body[region.end :])


def _folded(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
