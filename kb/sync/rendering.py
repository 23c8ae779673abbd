"""Bringing pages in step with notes and ledger, and ticks on pages into notes."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from kb.core.links import Linker
from kb.core.pages import Leaf, Shelf, beside, extent, leaves, marked, ticked
from kb.core.ticks import ticks
from kb.errors import Busy, Problem, Refused
from kb.vault.apart import WORTH, apart, each, halves

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import date

    from kb.core.pages import Page
    from kb.sync.state import State
    from kb.vault.files import FileState


_AHEAD = 8
"""Pages that are rendered before any is written: all of one day, and as many more."""


def take_ticks(state: State) -> None:
    """Tasks ticked on daily pages become properties of notes."""
    right, cache = _right(state), state.vault.cache
    pages = [
        (path, cache.get(path))
        for path in sorted(_touched_pages(state))
        if path not in right or right[path][0] != state.scan.stamp(path)
    ]
    shown = []
    for (path, _), found in zip(pages, each(partial(_ticked_on, state), pages), strict=True):
        if isinstance(found, Problem):
            state.held.add(path)
            state.report.deferred.append(found)
        elif found:
            shown.append((path, found))
    asked = ticks(shown, state.notes, state.history, state.vault.properties)
    for edit in asked.edits:
        done = state.writer.edit(edit, state.history.wrote.get(edit.id))
        if done is None:
            state.held.add(asked.pages[edit.id])
        else:
            state.notes[edit.id] = done[0]


def _ticked_on(
    state: State, page: tuple[str, str | None]
) -> Mapping[str, frozenset[str]] | Problem | None:
    """The ticks on a page that is not as kb wrote it (with this digest), or why it must wait."""
    path, ours = page
    try:
        file = state.vault.files.read(path)
        return None if file.sha256 == ours else ticked(file.text)
    except Busy as busy:
        return Problem(busy.path, busy.why)
    except Refused:
        return None  # told when the page is to be written


def write_pages(state: State, before: Callable[[], None] | None = None) -> None:
    """Writes the pages that differ, removes those that list nothing any more, and remembers which
    tasks are shown as ticked. Calls `before` when the first of them are rendered.

    A page that was found right for what it is made from, and whose file nobody has touched since, is
    not rendered again.
    """
    settings = state.vault.settings
    shelf = Shelf(
        state.history, state.notes, Linker(settings.pages.links), state.vault.layout,
        settings.pages.month_rows, settings.pages.columns, settings.pages.week_columns,
    )  # fmt: skip
    stirred = _stirred(state)
    standing: dict[str, FileState] = {}
    if stirred is not None:
        shelf.standing = partial(_standing, state, standing)
        shelf.changed = state.notes.changed
    wanted = list(leaves(shelf, stirred))
    state.looked_at |= {leaf.path for leaf in wanted}
    if stirred is None:
        stale = [leaf for leaf in wanted if _differs(state, leaf)]
    else:
        stale = [leaf for leaf in wanted if _may_differ(state, leaf)]
    finished = _write(state, stale, standing, before)
    gone = []
    if stirred is None:
        gone = sorted(_pages_on_disk(state) - {leaf.path for leaf in wanted})
        for path in gone:
            state.writer.remove_page(path)
    _remember_boxes(state, finished)
    _remember_right(state, {leaf.path: leaf.signature(state.setting) for leaf in finished}, gone)
    state.memory.unfinished -= {leaf.path for leaf in wanted}
    state.memory.unfinished |= {leaf.path for leaf in stale} - {leaf.path for leaf in finished}
    state.shown()


def _write(
    state: State,
    stale: list[Leaf],
    standing: dict[str, FileState],
    before: Callable[[], None] | None,
) -> list[Leaf]:
    """Those of the leaves whose pages are right now. `standing` has pages as they were just read."""
    rendered = _rendered(state, stale)
    first = [] if before is None else list(islice(rendered, _AHEAD))
    pages = [(page, standing.pop(leaf.path, None)) for leaf, page in first if page]
    right = iter(state.writer.pages(pages, before))
    finished = [leaf for leaf, page in first if page is None or next(right)]
    for number, (leaf, page) in enumerate(rendered, len(first)):
        state.progress("pages", number, len(stale))
        if page is None or state.writer.pages([(page, standing.pop(leaf.path, None))])[0]:
            finished.append(leaf)
    state.progress("pages", len(stale), len(stale))
    return finished


def _rendered(state: State, stale: list[Leaf]) -> Iterator[tuple[Leaf, Page | None]]:
    """The pages of the leaves but for those that have to wait; None where the file says the same."""
    due = [leaf for leaf in stale if leaf.path not in state.held]
    if len(due) < WORTH:
        yield from ((leaf, leaf.render()) for leaf in due)
        return
    mine, others = halves(due)
    with apart(lambda: [_unless_right(state, leaf) for leaf in others]) as rendered:
        yield from ((leaf, leaf.render()) for leaf in mine)
        yield from zip(others, rendered(), strict=True)


def _unless_right(state: State, leaf: Leaf) -> Page | None:
    page = leaf.render()
    return None if state.writer.is_right(page) else page


def _stirred(state: State) -> Collection[date | None] | None:
    """The days whose pages may differ from what they should be; None: all."""
    shown = state.memory.shown
    if state.changes is None or shown is None or shown[0] != state.setting:
        return None
    more = beside(shown[1], extent(state.history, state.notes))
    if more is None:
        return None
    state.beside |= more
    pages = {path for path in state.changes.paths if state.vault.layout.owns(path)}
    touched = {state.vault.layout.day_on(path) for path in pages | state.memory.unfinished}
    return state.notes.stirred.keys() | state.stirred | state.beside | touched


def _standing(state: State, found: dict[str, FileState], path: str) -> str:
    """The text of a page that was right when the last pass ended and has not been touched since, and
    of whose days nothing new has been recorded; else empty. The file is put into `found`."""
    known = _right(state).get(path)
    if (
        known is None
        or known[0] != state.scan.stamp(path)
        or path in state.memory.unfinished
        or state.vault.layout.day_on(path) in state.stirred
    ):
        return ""
    try:
        file = found[path] = state.vault.files.read_met(path)
        return file.text
    except (Busy, Refused):
        return ""


def _differs(state: State, leaf: Leaf) -> bool:
    known, stamp = _right(state).get(leaf.path), state.scan.stamp(leaf.path)
    return known is None or known[0] != stamp or known[1] != leaf.signature(state.setting)


def _may_differ(state: State, leaf: Leaf) -> bool:
    """Whether the page shows anything that has changed since the last pass, or was not right then."""
    known = _right(state).get(leaf.path)
    if known is None or known[0] != state.scan.stamp(leaf.path) or not leaf.days:
        return True
    anyway = state.stirred | state.beside
    shown, stirred = leaf.marks | {"face"}, state.notes.stirred
    return leaf.path in state.memory.unfinished or any(
        day in anyway or not shown.isdisjoint(stirred.get(day, ())) for day in leaf.days
    )


def _remember_boxes(state: State, finished: Iterable[Leaf]) -> None:
    """Only after the page shows them: the other way round a crash would look like a reader's tick."""
    for leaf in finished:
        if leaf.day is None:
            continue
        changed = [
            {"v": 1, "k": "boxes", "id": arxiv_id, "on": sorted(on), "at": state.at}
            for arxiv_id in state.notes.ids_on(leaf.day)
            if (on := marked(*state.notes.mark(arxiv_id)))
            != state.history.boxes.get(arxiv_id, frozenset())
        ]
        state.remember(changed, day=leaf.day)


def _remember_right(state: State, finished: Mapping[str, str], gone: Iterable[str]) -> None:
    """Only after the ledger knows what the pages show. `finished` has their signatures."""
    if state.options.dry_run:
        return
    fresh = {
        path: (stamp, signature)
        for path, signature in finished.items()
        if (stamp := state.scan.stamp(path))
    }
    _right(state).update(fresh)
    for path in gone:
        _right(state).pop(path, None)
    if fresh or gone:
        state.vault.cache.put_right(fresh, gone)


def _right(state: State) -> dict[str, tuple[tuple[int, int, int], str]]:
    if state.memory.right is None:
        state.memory.right = state.vault.cache.right()
    return state.memory.right


def _pages_on_disk(state: State) -> set[str]:
    layout = state.vault.layout
    return {path for path in state.scan.paths() if layout.owns(path)}


def _touched_pages(state: State) -> set[str]:
    """Daily pages that are there and on which somebody may have ticked a task."""
    layout, daily = state.vault.layout, state.vault.layout.folders[0]
    paths: Iterable[str] = state.scan.paths()
    if state.changes is not None:
        touched = state.changes.paths | state.memory.unfinished
        paths = (path for path in touched if path in state.scan)
    return {path for path in paths if path.rpartition("/")[0] == daily and layout.owns(path)}
