"""Notes brought in step with assessments that came later, such as those of another machine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kb.core import plan
from kb.core.assessments import reason_left_out
from kb.core.links import file_key
from kb.core.ownership import is_as_written, is_untouched
from kb.core.report import Action
from kb.errors import Busy, Problem, Refused
from kb.sync import known

if TYPE_CHECKING:
    from kb.core.assessments import Assessment
    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.sync.state import State


_UNKNOWN: frozenset[str] = frozenset({""})
"""Not looked for yet: reading all of a vault is worth it only where a note might go."""


def reassess(state: State) -> None:
    """Shows in each note the assessment and the summary that stand now.

    A note that fell below the cutoffs is removed if it is all kb's and nobody links to it; else it
    is marked and leaves the pages.
    """
    linked: frozenset[str] | None = _UNKNOWN
    history = state.history
    told = {*state.among(history.judged), *state.among(history.summaries)}
    for arxiv_id in sorted(i for i in told if i in state.notes):
        written = history.wrote.get(arxiv_id)
        note = state.notes[arxiv_id]
        if written is None or note.refused:
            continue
        judged = history.assessment(arxiv_id, note.texts("followed"))
        if judged is None:
            summary = history.summary_of(arxiv_id)
            if summary is not None and not plan.summarises(note, summary, state.vault.properties):
                summarise(state, note, summary)
            continue
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
        _carry_out(state, note, edit)


def summarise(state: State, note: Note, summary: tuple[str, str]) -> None:
    """Shows a summary, short and long, in the note of a paper."""
    arxiv_id = note.id or ""
    edit = plan.summarise(
        note, partial(_paper, state, arxiv_id), summary, known.comment(state.history, arxiv_id),
        state.history.wrote.get(arxiv_id), state.form,
    )  # fmt: skip
    _carry_out(state, note, edit)


def _carry_out(state: State, note: Note, edit: plan.NoteEdit | None) -> None:
    arxiv_id = note.id or ""
    done = state.writer.edit(edit, state.history.wrote.get(arxiv_id)) if edit is not None else None
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
    at = state.writer.stamp(note.id or "")
    gone = {"v": 1, "k": "gone", "id": note.id, "by": "cutoffs", "at": at}
    state.remember([gone], day=note.announced)
    return True
