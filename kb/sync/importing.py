"""From the lists somebody has to notes and ledger."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kb import resources
from kb.core import gathered, plan, words
from kb.core.assessments import UNNAMED
from kb.core.note_names import NamePlan
from kb.core.ownership import is_bare
from kb.core.pages import Layout
from kb.core.report import Action, DayReport
from kb.errors import Busy, Problem, Refused
from kb.sync import known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from kb.core.assessments import Assessment
    from kb.core.gathered import Gathered
    from kb.core.history import Day, Record
    from kb.core.listed import Listing
    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.sources.arxiv import ArxivSource
    from kb.sources.lists.spool import Spool
    from kb.sync.state import State

_AT_ONCE = 200
"""Notes after which the ledger is told."""


@dataclass(slots=True)
class Tally:
    """What became of the papers of all lists; each paper is counted once."""

    papers: int = 0
    created: int = 0
    completed: int = 0
    unchanged: int = 0
    deleted: list[str] = field(default_factory=list)
    """Their notes were deleted by the reader."""
    unmade: list[str] = field(default_factory=list)
    """Nobody knows a title."""
    left: list[str] = field(default_factory=list)
    """Their notes cannot be edited now."""


def file_lists(
    state: State,
    lists: Spool,
    arxiv: ArxivSource | None,
    tally: Tally,
    *,
    again: bool = False,
    topics: bool = False,
) -> None:
    """Makes or completes a note for every paper of the lists, then records the days of digests.

    `again`: also for papers whose notes the reader has deleted. `topics`: what the newest digest says
    it was judged by becomes Topics.md, unless the reader has written one. A run that dies is finished by the
    next, with the same result. Raises TryLater where arXiv does not answer; nothing is written then.
    """
    papers = lists.papers
    tally.papers = len(papers)
    known.ask(state, papers, arxiv)
    seen = state.history.seen
    days: dict[date | None, list[str]] = {
        outline.day: [] for outline in lists.outlines if outline.day
    }
    for arxiv_id in papers:
        days.setdefault(seen.get(arxiv_id) or lists.announced(arxiv_id), []).append(arxiv_id)
    filer = _Filer(state, tally, lists, again=again)
    for day in sorted(days, key=lambda at: (at is None, at)):
        filer.file(day, days[day])
        for listing in lists.on(day) if day else ():
            _record_day(state, listing)
    _topics(state, lists, take=topics)
    made = state.report.created
    files = sum(1 for outline in lists.outlines if outline.papers)
    done = f"{made} paper{'' if made == 1 else 's'}" if made else f"what {len(papers)} notes lacked"
    state.report.subject = f"Import {done} from {files} list{'' if files == 1 else 's'}"


class _Filer:
    """Makes and completes notes."""

    def __init__(self, state: State, tally: Tally, lists: Spool, *, again: bool) -> None:
        settings = state.vault.settings
        self.state = state
        self.tally = tally
        self.lists = lists
        self.again = again
        self.names = NamePlan(
            taken=set(state.scan.stems), folder=settings.folders.papers, name=settings.notes.name,
            root=settings.folders.root,
        )  # fmt: skip
        self.done = 0
        self.texts: list[Paper] = []
        """What only the lists know of papers, for the cache."""

    def file(self, day: date | None, papers: Sequence[str]) -> None:
        """The notes of the papers of one day, and what the ledger is to say of them."""
        state = self.state
        for at in range(0, len(papers), _AT_ONCE):
            some, records = papers[at : at + _AT_ONCE], []
            from_arxiv = known.at_hand(state, some)
            with state.vault.files.together():
                for arxiv_id in some:
                    state.progress("importing", self.done, self.tally.papers)
                    told = from_arxiv.get(arxiv_id)
                    if record := self._file(self.lists.gathered(arxiv_id).beside(told), told, day):
                        records.append(record)
                    self.done += 1
            self._remember(records, day)
        state.progress("importing", self.done, self.tally.papers)

    def _remember(self, records: list[Record], day: date | None) -> None:
        self.state.remember(records, day=day)
        if not self.state.options.dry_run:
            self.state.vault.cache.put_papers(self.texts)
        self.texts = []

    def _file(self, rows: Gathered, told: Paper | None, day: date | None) -> Record | None:
        state, tally = self.state, self.tally
        if told is not None:
            state.report.problems += rows.misnamed(told)
        note = state.notes.get(rows.id) or state.scan.traced.get(rows.id)
        history = state.history
        if note is None and rows.id in history.gone and not self._may_return(rows.id):
            tally.deleted.append(rows.id)
            return None
        if (note is not None and note.refused) or (note is None and rows.id in history.wrote):
            tally.left.append(rows.id)
            return None
        paper = rows.paper(told, day)
        if paper is None:
            tally.unmade.append(rows.id)
            return None
        if told is None and paper.abstract:
            self.texts.append(paper)
        return self._write(rows, paper, note)

    def _may_return(self, arxiv_id: str) -> bool:
        return self.again or arxiv_id in self.state.history.dropped

    def _write(self, rows: Gathered, paper: Paper, note: Note | None) -> Record | None:
        state, tally = self.state, self.tally
        assessment = self._assessment(rows, paper)
        given, said = rows.given(complete=bool(paper.categories)), rows.said()

        def make() -> plan.NewNote:
            return plan.new_note(paper, assessment, self.names, state.form, given=given, said=said)

        if note is None:
            made, record = state.writer.create(make(), rename=make)
            self._hold(rows.id, made)
            tally.created += 1
            return record
        if said:
            said = self._unsaid(rows, note, said)
        written = state.history.wrote.get(rows.id)
        if written is None:
            edit: plan.NoteEdit | None = plan.adopt(
                note, replace(paper, source=""), assessment, state.form, given=given, said=said
            )
        else:
            edit = plan.complete(
                note, paper, assessment, written, state.form, given=given, said=said,
                why=f"completed from {rows.rows[0].name}",
            )  # fmt: skip
        before = state.report.updated
        if edit is None:
            tally.unchanged += 1
            return None
        done = state.writer.edit(edit, written)
        if done is None:
            tally.left.append(rows.id)
            return None
        self._hold(rows.id, done[0])
        if state.report.updated > before:
            tally.completed += 1
        else:
            tally.unchanged += 1
        return done[1]

    def _hold(self, arxiv_id: str, note: Note) -> None:
        """Lets the vault's notes have it, in the bytes that the scan has of it: there are many."""
        card = self.state.scan.card_at(note.path)
        if card is None or self.state.options.dry_run:
            self.state.notes[arxiv_id] = note
        else:
            self.state.notes.put(arxiv_id, card)

    def _unsaid(self, rows: Gathered, note: Note, said: str) -> str:
        """What of the reader's text is to be put into a note that is there. Where the note has words
        of its own nothing is, which is told."""
        state = self.state
        try:
            text = state.vault.files.read(note.path).text
        except (Busy, Refused):
            return ""  # told where it is to be edited
        if words.holds(text, said):
            return ""
        if is_bare(text, state.form):
            return said
        state.report.problems.append(
            Problem(
                rows.rows[0].where,
                f"what it says of {rows.id} was not added: {note.path} holds words of yours already",
            )
        )
        return ""

    def _assessment(self, rows: Gathered, paper: Paper) -> Assessment:
        """By the lists, else by the ledger; with a summary where the abstract gives one."""
        from kb.scorers.explain import summary

        found = rows.assessment()
        if not found.score and (earlier := known.assessment(self.state.history, rows.id)):
            found = replace(
                earlier,
                topics=found.topics or earlier.topics,
                comment=found.comment or earlier.comment,
                summary=found.summary,
            )
        return replace(found, summary=found.summary or summary(paper.abstract, frozenset()))


def _topics(state: State, lists: Spool, *, take: bool) -> None:
    """Tells of the topics that digests print, and takes those of the newest where that was asked."""
    printed = [number for number, outline in enumerate(lists.outlines) if outline.topics]
    if not printed:
        return
    newest = lists.listing(max(printed, key=lambda each: str(lists.outlines[each].day or "")))
    vault, path = state.vault, state.vault.layout.topics
    held = vault.files.find(path)
    if held is not None and held.text == newest.topics_text:
        return
    if held is not None and held.data != resources.template_file("Topics.md"):
        why = f"prints the topics it was judged by; {path} is yours and stays as it is"
    elif not take:
        why = f"prints the topics it was judged by; --topics makes them your {path}"
    else:
        state.report.actions.append(Action("topics", path, f"those that {newest.name} prints"))
        if not state.options.dry_run:
            vault.files.write(path, newest.topics_text.encode(), expect=held, urgent=True)
        return
    state.report.problems.append(Problem(newest.name, why))


def _record_day(state: State, listing: Listing) -> None:
    """What the ledger is to say of the day of a digest. Of a day it knows only what is new."""
    told = listing.day
    if told is None or told.day is None:
        return
    before = state.history.days.get((told.day, ""))
    fresh = before is None or not before.finished
    rows = gathered.gather([listing])
    assessments = {arxiv_id: each.assessment() for arxiv_id, each in rows.items()}
    scored = [
        [a.id, a.relevance, a.novelty]
        for a in assessments.values()
        if a.relevance and a.novelty and (before is None or a.id not in before.scores)
    ]
    kept = [i for i in listing.ids if before is None or i not in before.kept]
    reasons = {
        a.id: [list(a.topics), a.comment]
        for a in assessments.values()
        if (a.topics or a.comment) and (before is None or a.id not in before.reasons)
    }
    if not (fresh or scored or kept):
        return
    record: Record = {
        "v": 1, "k": "day", "day": told.day.isoformat(), "outcome": "done",
        "announced": told.announced or 0, "scanned": told.scanned or len(rows),
        "relevant": len(listing.ids), "papers": scored, "kept": kept, "reasons": reasons,
        "via": "import", "at": state.at,
    }  # fmt: skip
    if fresh:
        record |= _cost(listing) | {"criteria": _criteria(state, listing)}
    state.remember([{key: value for key, value in record.items() if value != ""}], day=told.day)
    state.report.settled += 1
    state.report.days.append(_told(state.history.days[(told.day, "")]))


def _cost(listing: Listing) -> dict[str, Any]:
    usage = listing.day.usage if listing.day else ()
    model = usage[-1].model if usage else ""
    return {
        "by": model or UNNAMED,
        "tokens": [sum(getattr(one, part) or 0 for one in usage) for part in
                   ("prompt", "cached", "completion")],
        "usd": sum(one.usd or 0.0 for one in usage),
        "usage": [list(astuple(one)) for one in usage],
    }  # fmt: skip


def _criteria(state: State, listing: Listing) -> str:
    """The name under which the topics that a digest prints are kept, as those of other days are."""
    if not listing.topics_text:
        return ""
    text = (
        f"{listing.topics_text.strip()}\n\n---\n\n"
        f"The topics of the digest this day was imported from; its scales were not taken along.\n"
    )
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    state.writer.text(Layout.criteria(digest), text)
    return digest


def _told(day: Day) -> DayReport:
    return DayReport(day.day, day.outcome, day.announced, day.scanned, day.relevant)
