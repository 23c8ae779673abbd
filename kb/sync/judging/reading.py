"""Reading notes by the model, in a region of their own in the notes of papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import plan, regions, tex
from kb.core.pages.shelf import count
from kb.scorers.llm.tasks import NOTE_PARTS, NOTES
from kb.sync.judging import lately
from kb.sync.judging.completing import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.scorers.llm.tasks import ReadingNotes
    from kb.sync.judging.asking import Model
    from kb.sync.state import State


def as_set(
    state: State, model: Model, refetch: Callable[[Sequence[str]], Iterable[Paper]] | None
) -> None:
    """Writes them where `[llm] notes` says so and they are missing."""
    which = state.vault.settings.llm.notes
    if which == "never":
        return
    wanted = [
        arxiv_id
        for arxiv_id in lately.wanted(state, which)
        if not _has_had(state, state.notes[arxiv_id]) and not model.is_given_up(arxiv_id, "notes")
    ]
    write(state, model, wanted, refetch)


def write(
    state: State,
    model: Model,
    wanted: Sequence[str],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> None:
    """Asks for reading notes on these papers and puts them into their notes, unless the reader has
    made that place theirs."""
    days = {
        arxiv_id: note.announced or state.now.date()
        for arxiv_id in wanted
        if (note := state.notes.get(arxiv_id)) is not None
        and plan.reading(note, "", state.history.wrote.get(arxiv_id), state.vault.properties)
        is not None
    }
    if not days or model.stopped is not None:
        return
    if state.options.dry_run:
        papers = lately.at_hand(state, days)
        model.tell(
            model.scorer.estimate(papers, NOTES), f"reading notes on {count(len(days), 'paper')}"
        )
        return
    outcome = model.scorer.notes(list(texts(state, days, refetch).values()))
    model.account(outcome, "notes", days)
    for arxiv_id, judged in sorted(outcome.judged.items()):
        written = state.history.wrote.get(arxiv_id)
        text = text_of(judged.value, model.name)
        edit = plan.reading(state.notes[arxiv_id], text, written, state.vault.properties)
        done = state.writer.edit(edit, written) if edit is not None else None
        if done is not None:
            state.notes[arxiv_id] = done[0]
            state.remember([done[1]] if done[1] else [], day=days[arxiv_id])


def text_of(notes: ReadingNotes, model: str) -> str:
    """The region's text: nested bullets, and by whom."""
    lines = ["## Reading notes", "", f"*by {tex.readable(model)}, from the abstract*", ""]
    for part in NOTE_PARTS:
        if points := getattr(notes, part):
            lines.append(f"- **{part.replace('_', ' ').capitalize()}**")
            lines += [f"    - {regions.defuse(tex.readable(point))}" for point in points]
    return "\n".join(lines)


def _has_had(state: State, note: Note) -> bool:
    written = state.history.wrote.get(note.id or "")
    return written is None or plan.READING in {**written.regions, **note.regions}
