"""Notes at once for papers that the reader names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kb.core import people, plan
from kb.core.note_names import NamePlan
from kb.errors import Problem
from kb.sync import criteria, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from kb.core.assessments import Assessment
    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.sources.arxiv import ArxivSource
    from kb.sync.state import State

_POOL_DAYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be said of all the papers that are named."""

    rating: int | None = None
    topics: tuple[str, ...] = ()


@dataclass(slots=True)
class Added:
    """What became of the papers."""

    notes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Paper to the path of its note and `created`, `changed`, `joined` or `there`."""
    unknown: list[str] = field(default_factory=list)
    """arXiv does not know them."""


def add(
    state: State, ids: Sequence[str], wish: Wish, arxiv: ArxivSource | None, added: Added
) -> None:
    """Makes a note for each paper that has none, whatever came of it before; one whose note was
    deleted gets a new one. What it was judged by stands, else the local scorer is asked.

    Raises TryLater where arXiv has to be asked and does not answer; nothing is written then.
    """
    noted = {i: note for i in ids if (note := state.notes.get(i))}
    missing = [arxiv_id for arxiv_id in ids if arxiv_id not in noted]
    papers = known.papers(state, missing, arxiv)
    added.unknown += [arxiv_id for arxiv_id in missing if arxiv_id not in papers]
    judged = _judged(state, [papers[i] for i in missing if i in papers])
    settings = state.vault.settings
    names = NamePlan(
        taken=set(state.scan.stems), folder=settings.folders.papers, name=settings.notes.name,
        root=settings.folders.root,
    )  # fmt: skip
    for arxiv_id in ids:
        if arxiv_id in noted:
            _change(state, noted[arxiv_id], wish, added)
        elif arxiv_id in papers:
            day = state.history.seen_on(arxiv_id)
            paper = replace(papers[arxiv_id], announced=day)
            _make(state, paper, judged[arxiv_id], wish, names, added)
    made = [path for path, what in added.notes.values() if what == "created"]
    if made:
        state.report.subject = (
            f"Add {_title(made[0])}" if len(made) == 1 else f"Add {len(made)} papers"
        )


def _title(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")


def _make(
    state: State,
    paper: Paper,
    assessment: Assessment,
    wish: Wish,
    names: NamePlan,
    added: Added,
) -> None:
    paper = replace(paper, source=paper.source or "hand")
    given: dict[str, Any] = {"rating": wish.rating} if wish.rating else {}
    if wish.topics:
        given["topics"] = list(dict.fromkeys((*wish.topics, *assessment.topics)))

    def make() -> plan.NewNote:
        return plan.new_note(
            paper, assessment, names, state.form, given=given
        )  # fmt: skip

    mine = state.scan.traced.get(paper.id)
    if mine is None and paper.id in state.history.wrote:
        path = state.history.wrote[paper.id].path
        state.report.refused.append(Problem(path, "cannot be read now, and is the paper's note"))
        return
    if mine is None:
        note, record = state.writer.create(make(), rename=make)
        state.remember([record], day=paper.announced)
        added.notes[paper.id] = (note.path, "created")
    else:
        edit = plan.adopt(mine, replace(paper, source=""), assessment, state.form, given=given)
        done = state.writer.edit(edit, None)
        if done is None:
            return
        note = done[0]
        state.remember([done[1]] if done[1] else [], day=paper.announced)
        added.notes[paper.id] = (note.path, "joined")
    state.notes[paper.id] = note


def _change(state: State, note: Note, wish: Wish, added: Added) -> None:
    """What the reader says of a paper that has a note; it is theirs, so the ledger says nothing."""
    changes: dict[str, Any] = {}
    if wish.rating is not None and note.rating != wish.rating:
        changes["rating"] = wish.rating
    if new := [topic for topic in wish.topics if topic not in note.texts("topics")]:
        changes["topics"] = [*new, *note.texts("topics")]
    added.notes[note.id or ""] = (note.path, "changed" if changes else "there")
    if not changes:
        return
    done = state.writer.edit(_said(state, note, changes), state.history.wrote.get(note.id or ""))
    if done is None:
        del added.notes[note.id or ""]
    else:
        state.notes[note.id or ""] = done[0]


def _said(state: State, note: Note, changes: Mapping[str, Any]) -> plan.NoteEdit:
    def apply(text: str) -> tuple[str, dict[str, Any], bool]:
        return state.vault.properties.edit(text, changes), {}, False

    why = ", ".join(f"{key}: {_shown(value)}" for key, value in changes.items())
    return plan.NoteEdit(
        id=note.id or "", path=note.path, why=why, apply=apply, record=False, day=note.announced
    )


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _judged(state: State, papers: Sequence[Paper]) -> dict[str, Assessment]:
    """The assessment of each paper that the ledger has, else that of the local scorer."""
    found = {p.id: a for p in papers if (a := known.assessment(state.history, p.id))}
    fresh = [paper for paper in papers if paper.id not in found]
    topics = criteria.topics_of(state.vault, state.report)
    if fresh:
        from kb.scorers.local import LocalScorer

        cache = state.vault.cache
        labels = known.labels(state)
        labelled = cache.papers(label.id for label in labels)
        scorer = LocalScorer(
            topics,
            labels=[label for label in labels if label.id in labelled],
            labelled_papers=list(labelled.values()),
            counts=cache,
        )
        pool = {paper.id: paper for paper in (*_pool(state), *fresh)}
        found |= scorer.score_day(fresh, [pool[arxiv_id] for arxiv_id in sorted(pool)])
    from kb.scorers.explain import summary

    follow = (*state.vault.settings.keep.follow, *topics.follow)
    return {
        paper.id: replace(
            found[paper.id],
            followed=people.followed(follow, paper.authors),
            summary=found[paper.id].summary or summary(paper.abstract, frozenset()),
        )
        for paper in papers
    }


def _pool(state: State) -> Iterable[Paper]:
    """The papers of the last days as far as their texts are at hand."""
    history = state.history
    days: dict[date, set[str]] = {day: set(ids) for day, ids in history.backlog.items()}
    for record in history.real_days():
        days.setdefault(record.day, set()).update(record.scores)
    ids = {i for day in sorted(days)[-_POOL_DAYS:] for i in days[day]}
    return state.vault.cache.papers(sorted(ids)).values()
