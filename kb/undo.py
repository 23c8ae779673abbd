"""Undoing the last pass: its notes go, its edits are taken back, and nothing of the reader's is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.core import frontmatter, regions
from kb.core import notes as notes_
from kb.core.ownership import is_untouched
from kb.core.plan import NoteEdit
from kb.core.properties import KEYS
from kb.core.report import Action, Report
from kb.errors import Busy, Problem, Refused, UsageError
from kb.sync import recording, rendering
from kb.sync.options import Options, silent, utc_now
from kb.sync.state import State
from kb.vault.files import Missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kb.repository.git import Repository
    from kb.repository.history import Change, Recorded
    from kb.vault.files import FileState
    from kb.vault.vault import Vault

UNDOES = "kb-undoes"


def run(
    vault: Vault, *, dry_run: bool = False, now: Callable[[], datetime] = utc_now
) -> tuple[Recorded, Report]:
    """Reverts the newest pass that is not undone yet, by a commit of its own.

    Notes that the pass made are removed where nobody has touched them, and stay gone; keys and
    regions that it changed get their former values where they still hold what the pass wrote. What
    cannot be taken back is told in `problems`. Raises UsageError when there is nothing to undo.
    """
    from kb.repository.git import Repository

    repository = Repository.find(vault.root)
    if repository is None:
        raise UsageError("this vault is in no git repository, so there is no commit to undo")
    with vault.lock():
        undone_pass = _newest(repository)
        state = State(vault, Options(intake=False, dry_run=dry_run), now=now(), progress=silent)
        for change in repository.changes_of(undone_pass.sha):
            if change.path.endswith(".md") and not change.path.startswith(".kb/"):
                _take_back(state, change)
        rendering.take_ticks(state)
        rendering.write_pages(state)
        if not dry_run:
            recording.commit(
                state, f'Undo "{undone_pass.subject}"\n\n{UNDOES}: {undone_pass.sha}\n', always=True
            )
        return undone_pass, state.report


def _newest(repository: Repository) -> Recorded:
    undone = {sha for done in repository.last_pass(UNDOES) for sha in done.undoes}
    for recorded in repository.last_pass(recording.TRAILER):
        if recorded.sha not in undone:
            return recorded
    raise UsageError("no commit of a pass is left to undo")


def _take_back(state: State, change: Change) -> None:
    if state.vault.layout.owns(change.path) or change.after is None:
        return
    text = change.after.decode("utf-8", "replace")
    after = notes_.read(change.path, text, state.vault.properties)
    if after.id is None:
        return
    if change.status == "A":
        _remove(state, after.id, change.after)
    elif change.before is not None:
        _restore(state, after.id, change.before.decode("utf-8", "replace"), after)


def _remove(state: State, arxiv_id: str, made: bytes) -> None:
    note = state.notes.get(arxiv_id)
    if note is None:
        return
    try:
        held = state.vault.files.read(note.path)
        written = state.history.wrote.get(arxiv_id)
        ours = is_untouched(note.path, held.text, written, state.form)
        if not ours and not _is_as_made(state, note, held, made):
            state.report.problems.append(
                Problem(note.path, "was made by that pass, but you have used it, so it stays")
            )
            return
        if not state.options.dry_run:
            state.vault.files.remove(note.path, expect=held)
    except Missing:
        return
    except (Busy, Refused) as error:
        state.report.problems.append(Problem(error.path, error.why))
        return
    del state.notes[arxiv_id]
    state.report.actions.append(Action("remove", note.path, "made by the pass that is undone"))
    state.remember(
        [{"v": 1, "k": "gone", "id": arxiv_id, "by": "undo", "at": state.at}], day=note.announced
    )


def _is_as_made(state: State, note: notes_.Note, held: FileState, made: bytes) -> bool:
    """Whether a note on a paper that the reader listed or named is to the byte as kb made it: what it
    holds of theirs came with it, and stays in git and in their list."""
    written = state.history.wrote.get(note.id or "")
    return (
        bool({"import", "hand"} & set(note.texts("source")))
        and written is not None
        and not (written.adopted or written.moved or written.update)
        and held.data == made
        and held.sha256 == state.vault.cache.get(note.path)
    )


def _restore(state: State, arxiv_id: str, before: str, after: notes_.Note) -> None:
    note = state.notes.get(arxiv_id)
    if note is None:
        return
    properties = state.vault.properties
    try:
        former = properties.read(frontmatter.read(before))
        region = regions.find(before, notes_.REGION)
    except (frontmatter.FrontmatterError, regions.RegionError):
        state.report.problems.append(Problem(note.path, "its former text cannot be read; it stays"))
        return
    keys = [k for k in KEYS if notes_.plain_value(former.get(k)) != after.values.get(k)]

    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        now = notes_.read(note.path, text, properties)
        changes: dict[str, Any] = {
            key: former.get(key, frontmatter.REMOVE)
            for key in keys
            if now.values.get(key) == after.values.get(key)
        }
        edited = properties.edit(text, changes)
        same = now.regions.get(notes_.REGION) == after.regions.get(notes_.REGION)
        if region is None or not same or regions.find(edited, notes_.REGION) is None:
            return edited, changes, False
        return regions.replace(edited, notes_.REGION, region.inner), changes, True

    edit = NoteEdit(id=arxiv_id, path=note.path, why="taken back", apply=apply, day=note.announced)
    done = state.writer.edit(edit, state.history.wrote.get(arxiv_id))
    if done is not None:
        state.notes[arxiv_id] = done[0]
        state.remember([done[1]] if done[1] else [], day=note.announced)
