"""Notes brought in step with assessments that came later, such as those of another machine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kb.core import plan
from kb.core.assessments import of_record, reason_left_out
from kb.core.links import file_key
from kb.core.ownership import is_as_written, is_untouched
from kb.core.report import Action
from kb.errors import Busy, Problem, Refused

if TYPE_CHECKING:
    from kb.core.assessments import Assessment
    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.sync.state import State


_UNKNOWN: frozenset[str] = frozenset({""})
"""Not looked for yet: reading all of a vault is worth it only where a note might go."""


def reassess(state: State) -> None:
    """Shows in each note the assessment that stands now.

    A note that fell below the cutoffs is removed if it is all kb's and nobody links to it; else it
    is marked and leaves the pages.
    """
    linked: frozenset[str] | None = _UNKNOWN
    noted = (i for i in state.among(state.history.judged) if i in state.notes)
    for arxiv_id in sorted(noted):
        record = state.history.judged_by_model(arxiv_id)
        written = state.history.wrote.get(arxiv_id)
        note = state.notes[arxiv_id]
        if record is None or written is None or note.refused:
            continue
        judged = of_record(record, note.texts("followed"))
        below = _below(state, note, judged)
        if below and note.kept and is_as_written(note, written, state.vault.properties):
            linked = state.vault.linked() if linked is _UNKNOWN else linked
            if _removed(state, note, below, linked):
                continue
        if plan.shows(note, judged, below, state.vault.properties):
            continue
        edit = plan.reassess(
            note, partial(_paper, state, arxiv_id), judged, below, written, state.form
        )
        done = state.writer.edit(edit, written) if edit is not None else None
        if done is not None:
            state.notes[arxiv_id] = done[0]
            state.remember([done[1]] if done[1] else [], day=note.announced)


def _below(state: State, note: Note, judged: Assessment) -> str | None:
    """The cutoff that is missed; none counts for a paper that the reader has named or listed."""
    if {"import", "hand"} & set(note.texts("source")):
        return None
    return reason_left_out(judged, state.vault.settings.keep.cutoffs)


def _paper(state: State, arxiv_id: str) -> Paper | None:
    return state.vault.cache.papers([arxiv_id]).get(arxiv_id)


def _removed(state: State, note: Note, below: str, linked: frozenset[str] | None) -> bool:
    doubled = any(listed.path == note.path for listed, _ in state.scan.duplicates)
    if doubled or linked is None or file_key(note.path) in linked:
        return False
    try:
        held = state.vault.files.read(note.path)
        written = state.history.wrote.get(note.id or "")
        if not is_untouched(note.path, held.text, written, state.form):
            return False
        if not state.options.dry_run:
            state.vault.files.remove(note.path, expect=held)
    except Busy as busy:
        state.report.deferred.append(Problem(busy.path, busy.why))
        return True
    except Refused:
        return False
    del state.notes[note.id or ""]
    state.report.actions.append(Action("remove", note.path, below))
    state.report.written.append(note.path)
    gone = {"v": 1, "k": "gone", "id": note.id, "by": "cutoffs", "at": state.at}
    state.remember([gone], day=note.announced)
    return True
