"""From judged papers to what shall be written: new notes, adopted notes, updated notes.

Plans hold text; nothing here touches a file. Whoever carries them out reports what came of each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kb.core import composing, frontmatter, notes, ownership, regions, tex, words
from kb.core.assessments import Assessment
from kb.core.properties import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from kb.core.history import Written
    from kb.core.note_names import NamePlan
    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.core.properties import Form, Properties

_UPDATED = ("title", "version", "revised", "authors", "categories", "doi", "journal",
            "author_comment", "withdrawn")  # fmt: skip


READING = "reading"
"""The region of reading notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A note to create."""

    id: str
    path: str
    text: str
    keys: Mapping[str, Any]
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEdit:
    """An existing note to edit. `apply` makes the new text of whatever the file then holds.

    `apply` raises FrontmatterError or RegionError where the note cannot be edited safely.
    """

    id: str
    path: str
    why: str
    apply: Callable[[str], tuple[str, dict[str, Any], bool]]
    """Text to (new text, keys written, whether the region was written)."""
    region: str = notes.REGION
    """The region it is about."""
    record: bool = True
    """Whether the ledger remembers what was written."""
    adopted: bool = False
    day: date | None = None


def new_note(
    paper: Paper,
    assessment: Assessment,
    paths: NamePlan,
    form: Form,
    *,
    given: Mapping[str, Any] | None = None,
    said: str = "",
) -> NewNote:
    """A note for a paper nobody has a note of.

    `given` are properties somebody else gave, see `composing.properties`; topics among them are the
    reader's from the start. `said` is the reader's own text, for below the heading of their notes.
    """
    text = composing.compose(paper, assessment, form, given)
    keys = notes.remembered(form.properties.on(composing.properties(paper, assessment, given)))
    return NewNote(
        id=paper.id,
        path=paths.path(paper),
        text=words.added(text, said) if said else text,
        keys={key: value for key, value in keys.items() if key != "topics" or not _has(given, key)},
        day=paper.announced,
    )


def _has(given: Mapping[str, Any] | None, key: str) -> bool:
    return given is not None and key in given


def complete(
    note: Note,
    paper: Paper,
    assessment: Assessment,
    written: Written,
    form: Form,
    *,
    given: Mapping[str, Any],
    said: str,
    why: str,
) -> NoteEdit | None:
    """Adds to a note of kb's what it lacks: properties, and `said` where no words are the reader's.
    None where it lacks nothing.

    What is there stays; so does what the reader has taken out. The paper region is written anew
    where a property came and the reader has not changed it.
    """
    values = composing.properties(paper, assessment, given)
    wanted = {k: v for k, v in values.items() if k not in notes.SHARED and k != "source"}

    def missing_in(now: Note) -> dict[str, Any]:
        here = form.properties.on(wanted, now.values)
        return {k: v for k, v in here.items() if now.values.get(k, "") in ("", [])}

    if not said and not _changes(note, missing_in(note), written):
        return None

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = still(note, text, form.properties)
        missing = missing_in(now)
        changes: dict[str, Any] = {}
        region = False
        edited = text
        if _changes(now, missing, written):
            full = form.properties.edit(text, missing)
            both = assessment_of(
                notes.read(note.path, full, form.properties), assessment.comment,
                (assessment.summary, assessment.long),
            )  # fmt: skip
            edited, changes, region = _brought_up(now, text, missing, written, paper, both, form)
        if said and ownership.is_bare(text, form):
            edited = words.added(edited, said)
        return edited, changes, region

    return NoteEdit(id=paper.id, path=note.path, why=why, apply=apply, day=note.announced)


def adopt(
    note: Note,
    paper: Paper,
    assessment: Assessment,
    form: Form,
    *,
    given: Mapping[str, Any] | None = None,
    said: str = "",
) -> NoteEdit:
    """Joins a note that is there already: adds the keys that are missing, changes nothing else.

    A note that is to the letter what kb would write is its own, from a pass that died before the
    ledger could say so.
    """
    values = composing.properties(paper, assessment, given)
    mine = composing.compose(paper, assessment, form, given)
    mine = words.added(mine, said) if said else mine
    wanted = {key: value for key, value in values.items() if key not in notes.SHARED}

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        if text == mine:
            return text, form.properties.on(values), True
        present = form.properties.read(frontmatter.read(text))
        here = form.properties.on(wanted)
        missing = {key: value for key, value in here.items() if key not in present}
        return form.properties.edit(text, missing), missing, False

    return NoteEdit(
        id=paper.id, path=note.path, why="joined: this paper already had a note",
        apply=apply, adopted=True, day=paper.announced,
    )  # fmt: skip


def update(
    note: Note,
    paper: Paper,
    written: Written | None,
    form: Form,
    comment: str,
    summary: tuple[str, str] | None = None,
) -> NoteEdit | None:
    """Brings a note up to a newer version or a withdrawal; None where it already is.

    `comment` and `summary` (short and long) are what the note shows of a judgement and does not hold.
    What the reader changed since kb last wrote it stays as it is, key by key; a paper region the
    reader changed is left whole.
    """
    held = note.number("version") or 1
    news = paper.version > held or (paper.withdrawn and not note.values.get("withdrawn"))
    if not news or note.refused:
        return None

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = still(note, text, form.properties)
        assessment = assessment_of(now, comment, summary)
        values = composing.properties(paper, assessment)
        wanted = {key: values[key] for key in _UPDATED if values.get(key) is not None}
        known = replace(paper, announced=now.announced or paper.announced)
        return _brought_up(now, text, wanted, written, known, assessment, form)

    what = "withdrawn" if paper.withdrawn else f"version {paper.version}"
    return NoteEdit(id=paper.id, path=note.path, why=what, apply=apply, day=note.announced)


def reassess(
    note: Note,
    paper_of: Callable[[], Paper | None],
    judged: Assessment,
    below: str | None,
    written: Written | None,
    form: Form,
) -> NoteEdit | None:
    """Lets a note show a later assessment; None where it does, or where nothing in it is kb's.

    `below` says which cutoff the paper misses now: the note is marked `kept: false`. Where
    `paper_of` gives none (its text is not at hand) the region stays as it is.
    """
    if note.refused or written is None:
        return None
    wanted = form.properties.on(_judgement(judged, below), note.values)
    if not _changes(note, wanted, written):
        return None

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = still(note, text, form.properties)
        edited = form.properties.edit(text, _changes(now, wanted, written))
        said = judged.summary, judged.long
        shown = assessment_of(notes.read(note.path, edited, form.properties), judged.comment, said)
        paper = paper_of()
        known = replace(paper, announced=now.announced or paper.announced) if paper else None
        return _brought_up(now, text, wanted, written, known, shown, form)

    why = f"{below}, judged by {judged.by}" if below else f"judged by {judged.by}"
    return NoteEdit(id=judged.id, path=note.path, why=why, apply=apply, day=note.announced)


def summarise(
    note: Note,
    paper_of: Callable[[], Paper | None],
    summary: tuple[str, str],
    comment: str,
    written: Written | None,
    form: Form,
) -> NoteEdit | None:
    """Puts a summary into a note, the short one into its property and the long one into the `paper`
    region; None where nothing in the note is kb's. Both stay as they are where the reader has changed
    them."""
    if note.refused or written is None:
        return None
    wanted = form.properties.on({"summary": tex.accents(summary[0])}, note.values)

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = still(note, text, form.properties)
        edited = form.properties.edit(text, _changes(now, wanted, written))
        shown = assessment_of(notes.read(note.path, edited, form.properties), comment, summary)
        paper = paper_of()
        known = replace(paper, announced=now.announced or paper.announced) if paper else None
        return _brought_up(now, text, wanted, written, known, shown, form)

    return NoteEdit(
        id=note.id or "", path=note.path, why="summary", apply=apply, day=note.announced
    )


def summarises(note: Note, summary: tuple[str, str], properties: Properties = PLAIN) -> bool:
    """Whether the note says that summary already; the long one is written with the short one."""
    short = tex.accents(summary[0])
    return note.values.get("summary") == properties.on({"summary": short}, note.values).get(
        "summary"
    )


def reading(
    note: Note, inner: str, written: Written | None, properties: Properties
) -> NoteEdit | None:
    """Puts reading notes into their region, below kb's own; None where they are the reader's: changed or
    taken out by them, or in a note that kb has not made."""
    if note.refused or written is None or not _may_write_reading(note, written):
        return None

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = still(note, text, properties)
        if not _may_write_reading(now, written):
            return text, {}, False
        if READING in now.regions:
            return regions.replace(text, READING, inner), {}, True
        above = regions.find(text, notes.REGION)
        if above is None:
            return text, {}, False
        newline = "\r\n" if text[: above.start].endswith("\r\n") else "\n"
        end = text.find("\n", above.end) + 1 or len(text)
        region = regions.wrap(READING, inner).replace("\n", newline)
        lead = newline if text[:end].endswith("\n") else 2 * newline
        return f"{text[:end]}{lead}{region}{text[end:]}", {}, True

    return NoteEdit(
        id=note.id or "", path=note.path, why="reading notes", apply=apply, region=READING,
        day=note.announced,
    )  # fmt: skip


def _may_write_reading(note: Note, written: Written) -> bool:
    if notes.REGION not in note.regions:
        return False
    return note.regions.get(READING) == written.regions.get(READING)


def shows(note: Note, judged: Assessment, below: str | None, properties: Properties) -> bool:
    """Whether the properties of a note say already all that `reassess` would."""
    return not _differing(note, properties.on(_judgement(judged, below), note.values))


def _judgement(judged: Assessment, below: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "topics": list(judged.topics), "relevance": judged.relevance, "novelty": judged.novelty,
        "score": judged.score, "scored_by": judged.by, "provisional": frontmatter.REMOVE,
        "kept": False if below else frontmatter.REMOVE,
    }  # fmt: skip
    return said | ({"summary": tex.accents(judged.summary)} if judged.summary else {})


def still(note: Note, text: str, properties: Properties) -> Note:
    """The note as it is at the moment of writing, which may be long after it was planned."""
    now = notes.read(note.path, text, properties)
    if now.refused:
        raise frontmatter.FrontmatterError(now.refused)
    return now


def _changes(note: Note, wanted: Mapping[str, Any], written: Written | None) -> dict[str, Any]:
    """What is to change of `wanted`: not what the note says already, nor what the reader changed."""
    differing = _differing(note, wanted)
    known = written.keys if written and differing else {}
    return {
        key: value
        for key, value in differing.items()
        if not notes.changed_by_reader(key, note.values.get(key), known)
    }


def _differing(note: Note, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in wanted.items()
        if note.values.get(key)
        != (None if value is frontmatter.REMOVE else notes.plain_value(value))
    }


def _brought_up(
    note: Note,
    text: str,
    wanted: Mapping[str, Any],
    written: Written | None,
    paper: Paper | None,
    assessment: Assessment,
    form: Form,
) -> tuple[str, dict[str, Any], bool]:
    """`text` with the wanted keys, and the paper region anew unless the reader has changed it."""
    changes = _changes(note, form.properties.on(wanted, note.values), written)
    edited = form.properties.edit(text, changes)
    frozen = written is None or written.regions.get(notes.REGION) != note.regions.get(notes.REGION)
    if frozen or paper is None or not paper.abstract:
        return edited, changes, False
    body = composing.body(paper, assessment, form)
    region = regions.find(body, notes.REGION)
    if region is None or regions.find(edited, notes.REGION) is None:
        return edited, changes, False
    return regions.replace(edited, notes.REGION, region.inner), changes, True


def assessment_of(note: Note, comment: str, summary: tuple[str, str] | None = None) -> Assessment:
    """The assessment a note shows, the reader's corrections included: the long part of `summary` (short
    and long) belongs to it only where the short one stands in the note."""
    return Assessment(
        id=note.id or "",
        relevance=note.relevance,
        novelty=note.novelty,
        topics=note.texts("topics"),
        comment=comment,
        summary=next(iter(note.texts("summary")), ""),
        long=summary[1] if summary and summarises(note, summary) else "",
        by=next(iter(note.texts("scored_by")), ""),
        followed=note.texts("followed"),
        provisional=note.values.get("provisional") is True,
    )
