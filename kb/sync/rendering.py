"""Bringing pages in step with notes and ledger, and ticks on pages into notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import plan
from kb.core.links import Linker
from kb.core.pages import Page, Shelf, boxes, render
from kb.errors import Busy, Problem, Refused

if TYPE_CHECKING:
    from kb.sync.state import State


def take_ticks(state: State) -> None:
    """Tasks ticked on daily pages become properties of notes."""
    shown = []
    for path in sorted(_pages_on_disk(state)):
        try:
            file = state.vault.files.read(path)
            if file.sha256 != state.vault.cache.get(path):
                shown.append((path, file.text))
        except Busy as busy:
            state.held.add(path)
            state.report.deferred.append(Problem(busy.path, busy.why))
        except Refused:
            continue  # told when the page is to be written
    ticks = plan.ticks(shown, state.notes, state.history)
    for edit in ticks.edits:
        done = state.writer.edit(edit, state.history.wrote.get(edit.id))
        if done is None:
            state.held.add(ticks.pages[edit.id])
        else:
            state.notes[edit.id] = done[0]


def pages_of(state: State) -> tuple[list[Page], Shelf]:
    """Every page there should be, from notes and ledger as they are now."""
    settings = state.vault.settings
    shelf = Shelf(
        state.history,
        sorted(state.notes.values(), key=lambda note: note.path),
        Linker(settings.pages.links),
        state.vault.layout,
        settings.pages.month_rows,
    )
    return render(shelf), shelf


def write_pages(state: State) -> None:
    """Writes the pages that differ, removes those that list nothing any more, and remembers which
    tasks are shown as ticked."""
    wanted, shelf = pages_of(state)
    for number, page in enumerate(wanted):
        state.progress("pages", number, len(wanted))
        if page.path not in state.held:
            state.writer.page(page)
    state.progress("pages", len(wanted), len(wanted))
    for path in sorted(_pages_on_disk(state) - {page.path for page in wanted}):
        state.writer.remove_page(path)
    _remember_boxes(state, shelf)


def _remember_boxes(state: State, shelf: Shelf) -> None:
    """Only after the page shows them: the other way round a crash would look like a reader's tick."""
    left = {problem.where for problem in (*state.report.refused, *state.report.deferred)}
    for day, listed in sorted(shelf.by_day.items()):
        if state.vault.layout.day(day) in state.held | left:
            continue
        changed = [
            {"v": 1, "k": "boxes", "id": note.id, "on": sorted(boxes(note)), "at": state.at}
            for note in listed
            if note.id and boxes(note) != state.history.boxes.get(note.id, frozenset())
        ]
        state.remember(changed, day=day)


def _pages_on_disk(state: State) -> set[str]:
    return {path for path in state.scan.paths if state.vault.layout.owns(path)}
