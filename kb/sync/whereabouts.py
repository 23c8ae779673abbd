"""The ledger brought in step with what the reader, or a pass that died, did to notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kb.core import whereabouts
from kb.core.report import Action
from kb.errors import Problem

if TYPE_CHECKING:
    from kb.core.history import Record, Written
    from kb.core.notes import Note
    from kb.sync.state import State


def catch_up(state: State) -> None:
    """Records what was written but not recorded, what was moved, and what has come back."""
    _finish_begun(state)
    history, notes = state.history, state.notes
    wrote = list(state.among(history.wrote))
    for arxiv_id, note in list(whereabouts.renumbered(history, notes, wrote)):
        state.report.problems.append(
            Problem(
                note.path,
                f"its arxiv_id was changed from {arxiv_id} to {note.id}: kb takes it for your own note"
                f" on {note.id}, and the note on {arxiv_id} for deleted",
            )
        )
    for written, note in list(whereabouts.moved(history, notes, wrote)):
        if not state.scan.is_unclear(written.path):
            state.report.actions.append(Action("move", written.path, f"now {note.path}"))
            state.remember([_record(state, note, written, moved=True)], day=note.announced)
    for former, note in list(whereabouts.returned(history, notes, state.among(history.gone))):
        state.report.actions.append(Action("return", note.path, "its note is there again"))
        state.remember([_record(state, note, former)], day=note.announced)
    for arxiv_id in list(notes.refused):
        note = notes[arxiv_id]
        values = whereabouts.from_ledger(note, history.wrote.get(arxiv_id))
        notes[arxiv_id] = replace(note, values=values)


def _finish_begun(state: State) -> None:
    cache = state.vault.cache
    decided: list[str] = []
    for arxiv_id, record in sorted(cache.begun().items()):
        note, written = state.notes.get(arxiv_id), state.history.wrote.get(arxiv_id)
        if written is not None and written.at > str(record["at"]):
            decided.append(arxiv_id)  # recorded, by a pass that could not say so in the cache
            continue
        done = whereabouts.landed(record, note, written)
        if done is None:
            continue
        if done:
            day = note.announced if note else None
            state.remember([record | {"at": state.at}], day=day)
        decided.append(arxiv_id)
    if decided and not state.options.dry_run:
        cache.end(decided)


def _record(state: State, note: Note, written: Written | None, *, moved: bool = False) -> Record:
    record: dict[str, Any] = {
        "v": 1, "k": "wrote", "id": note.id, "path": note.path,
        "keys": dict(written.keys) if written else {},
        "regions": dict(written.regions) if written else {}, "at": state.at,
    }  # fmt: skip
    flags = {
        "adopted": written is None or written.adopted,
        "moved": moved or (written is not None and (written.moved or written.path != note.path)),
    }
    return record | {name: True for name, said in flags.items() if said}
