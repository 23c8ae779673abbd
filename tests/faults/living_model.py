"""What the reader of a living vault has, and what a pass may make of it: an oracle without kb."""

from __future__ import annotations

import difflib
import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from faults import living_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kb.core.report import Report


@dataclass(slots=True)
class Announced:
    """A paper as arXiv last told of it."""

    day: str
    version: int = 1
    withdrawn: bool = False
    sample: bool = False
    """Invented, and to be forgotten again."""


@dataclass(slots=True)
class Verdict:
    """What a model thought of a paper, on another machine."""

    relevance: int
    novelty: int
    at: str


@dataclass(slots=True)
class Held:
    """A note as the reader has it."""

    path: str
    data: bytes
    id: str | None
    """The paper that its frontmatter names."""
    made: str
    """What was not kb's when kb had made the note."""
    theirs: set[str] = field(default_factory=set)
    """Keys of kb's that the reader changed."""
    frozen: bool = False
    broken: str = ""
    sound: bytes = b""
    """What it was before it broke."""
    limbo: bool = False
    """Written by a pass that was killed: the ledger may not know of it yet."""
    loose: bool = False
    """kb cannot know any more which words are its own, so it may leave all of them."""
    born: str = ""
    """Where kb made it; empty for what the reader made."""
    about: str | None = None
    """The paper that a note of the reader's own links to in its properties."""

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")

    @property
    def mine(self) -> str:
        """All that is not kb's."""
        keys = living_text.NOTE_KEYS - self.theirs
        return living_text.outside(self.text, keys, None if self.frozen else "paper")

    @property
    def touched(self) -> bool:
        marks = str.maketrans({"\r": None, "\ufeff": None})
        words = self.mine.translate(marks) != self.made
        return words or bool(self.theirs) or self.frozen or bool(self.broken)

    @property
    def moved(self) -> bool:
        return self.path != self.born

    @property
    def day(self) -> str | None:
        return living_text.value(self.text, "announced")

    @property
    def boxes(self) -> frozenset[str]:
        status = {living_text.value(self.text, "status") or ""} & {"read", "skip"}
        star = {"star"} if living_text.value(self.text, "rating") == "5" else set()
        return frozenset(status | star)

    def renewed(self, data: bytes) -> Held:
        return replace(self, data=data)


@dataclass(slots=True)
class Model:
    """The vault, file by file, and what kb has to know of it after a whole pass."""

    notes: dict[str, Held] = field(default_factory=dict)
    foreign: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    spoilt: dict[str, bytes] = field(default_factory=dict)
    """Pages that lost a marker, and what they were before."""
    papers: dict[str, Announced] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    maybe: set[str] = field(default_factory=set)
    """Papers whose note may be made again: it vanished before kb could record that it made it."""
    known: set[str] = field(default_factory=set)
    """Papers of which kb ever made or joined a note."""
    home: dict[str, str] = field(default_factory=dict)
    """Where kb saw a paper's note last."""
    shown: dict[str, frozenset[str]] = field(default_factory=dict)
    """The boxes that the daily page shows as ticked."""
    ticks: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Boxes that the reader changed: paper to (page, task)."""
    told: dict[str, str] | None = field(default_factory=dict)
    """What a person has been told is refused; None: kb may have forgotten."""
    unsure: set[str] = field(default_factory=set)
    """Papers that a killed pass may have judged, or whose note it made or joined: a note that it left
    out is not made later, nor one that the reader deletes."""
    vague: set[str] = field(default_factory=set)
    """Papers of which kb may not have recorded where their note is."""
    crashed: bool = False

    def copies(self, arxiv_id: str) -> list[Held]:
        """The notes that name a paper, the listed one first."""
        found = [note for note in self.notes.values() if note.id == arxiv_id]
        return sorted(found, key=lambda note: (note.path != self.home.get(arxiv_id), note.path))

    def listed(self) -> Iterator[Held]:
        ids = {note.id for note in self.notes.values() if note.id}
        for arxiv_id in sorted(ids):
            yield from self.copies(arxiv_id)[:1]

    def page_of(self, note: Held) -> str:
        return f"Daily/arxiv-{note.day}.md" if note.day else "Monthly/arxiv-imported.md"


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass was, and what came of it."""

    report: Report
    files: Mapping[str, bytes]
    intake: bool = True
    sample: bool = False
    """Whether the papers of the sample came in, and no others."""
    all_kept: bool = True
    """Whether every paper of a new day has to get a note."""
    busy: frozenset[str] = frozenset()
    cutoffs: tuple[int, int] = (1, 6)


def check_broken_off(
    model: Model, files: Mapping[str, bytes], cutoffs: tuple[int, int], *, all_kept: bool
) -> None:
    """After a kill: every file is whole, old or new, and what is the reader's is as it was (I1, I2).

    New notes, and notes that kb has changed, come into the model as being in limbo.
    """
    if not all_kept:  # some may be judged by now, and left out
        model.unsure |= model.papers.keys() - model.judged
    for path, data in model.foreign.items():
        assert files.get(path) == data, f"{path} is the reader's and was changed"
    for path, note in list(model.notes.items()):
        if path not in files:
            _check_droppable(model, cutoffs, note)
            del model.notes[path]
        elif files[path] != note.data:
            now = _kept(model, note, files[path], ticked=note.id in model.ticks)
            if note.id is None and living_text.value(now.text, "arxiv_id") == note.about:
                now = replace(now, id=note.about, loose=True)
                model.vague.add(note.about or "")
            model.notes[path] = replace(now, limbo=True)
    for path, data in model.pages.items():
        if path in files:
            _check_page(path, data, files[path], spoilt=path in model.spoilt)
        else:
            assert not _words_around(data), f"{path} was removed with the reader's words in it"
    _see_pages(model, files)
    for path in _new_notes(model, files):
        note = _new(path, files[path])
        assert note.id in model.papers, f"{path} is a note of {note.id}, which was never announced"
        model.notes[path] = replace(note, limbo=True)
        model.vague.add(note.id or "")
    for note in model.listed():
        due = note.id not in model.judged
        if note.id and due:
            model.unsure.add(note.id)
        if note.id and (due or note.id in model.known) and model.home.get(note.id) != note.path:
            model.vague.add(note.id)  # whether its move is recorded cannot be told
        if note.broken not in ("", "conflict below"):
            model.ticks.pop(note.id or "", None)
    model.crashed = True
    model.told = None


def check(model: Model, passed: Passed) -> None:
    """After a whole pass: I1, and all that kb had to do and to tell. The model follows it."""
    files, report = passed.files, passed.report
    actions = {(action.kind, action.path) for action in report.actions}
    refused = {problem.where: problem.why for problem in report.refused}
    for path, data in model.foreign.items():
        assert files.get(path) == data, f"{path} is the reader's and was changed"
    _settle_doubles(model, files)
    before = {note.path: note for note in model.listed()}
    _check_notes(model, passed, before, actions)
    _check_new(model, passed, actions)
    _check_pages(model, passed, actions)
    _check_listing(model, passed)
    _check_told(model, passed, refused)
    _check_moves(model, before, actions)
    _follow(model, passed, refused)


def _settle_doubles(model: Model, files: Mapping[str, bytes]) -> None:
    """Which of several notes is the paper's, where kb had not recorded yet which one it made."""
    folders = ("Daily/", "Weekly/", "Monthly/")
    pages = [data for path, data in files.items() if path.startswith(folders)]
    linked = set().union(*(living_text.links(data.decode(), "Daily/page") for data in pages))
    for arxiv_id in model.vague:
        copies = [note.path for note in model.copies(arxiv_id)]
        shown = [path for path in copies if path in linked]
        if len(copies) > 1 and len(shown) == 1:
            model.home[arxiv_id] = shown[0]


def _check_notes(
    model: Model,
    passed: Passed,
    before: Mapping[str, Held],
    actions: set[tuple[str, str]],
) -> None:
    for path, note in list(model.notes.items()):
        data = passed.files.get(path)
        if data is None:
            assert ("remove", path) in actions, f"{path} was removed"
            _check_droppable(model, passed.cutoffs, note)
            del model.notes[path]
            continue
        if joined := _joins(model, passed, note) and path not in passed.busy:
            note = replace(note, id=note.about)
            assert living_text.value(data.decode(), "arxiv_id") == note.id, f"{path} was not joined"
        listed = path in before or joined
        due = listed and not note.broken and path not in passed.busy
        paper = model.papers.get(note.id or "")
        ticked = due and note.id in model.ticks
        taken = passed.intake and not passed.sample
        news = due and paper is not None and taken and _news(note, paper)
        new = note.id in _due(model, passed) - model.judged
        if new and note.id and not note.broken and path not in passed.busy:
            model.known.add(note.id)
        adopted = due and new and not note.limbo and note.id not in model.vague
        judged = due and _unheard(model, passed, note)
        if not (news or ticked or adopted or judged or note.limbo or note.loose):
            assert data == note.data, f"{path} was changed without a reason"
            continue
        now = _kept(model, note, data, ticked=ticked)
        if ticked:
            _check_tick(model, note, now)
        if news and paper and not note.loose and "version" not in note.theirs:
            said = living_text.value(now.text, "version")
            assert said == str(paper.version), f"{path} says version {said}, not {paper.version}"
            if paper.withdrawn:
                assert living_text.value(now.text, "withdrawn") == "true", f"{path}: withdrawn"
        if judged:
            _check_judged(model, passed, note, now)
        if adopted and not note.loose:
            # kb joins it: what stood there stays the reader's, what was added is kb's.
            had = {key for key in living_text.NOTE_KEYS if living_text.value(note.text, key)}
            now = replace(now, theirs=note.theirs | had, loose=True)
        if due and new and data == note.data and not note.touched:
            now = replace(now, born=path)  # to the letter what kb would have made: its own
        model.notes[path] = now


def _news(note: Held, paper: Announced) -> bool:
    said = living_text.value(note.text, "version")
    version = int(said) if said and said.isdecimal() else 1
    withdrawn = living_text.value(note.text, "withdrawn") == "true"
    return paper.version > version or (paper.withdrawn and not withdrawn)


def _kept(model: Model, note: Held, data: bytes, *, ticked: bool) -> Held:
    """The note with the bytes that kb gave it. Raises AssertionError where they were not kb's to give."""
    if data == note.data:
        return note
    if note.loose or note.id not in model.known:
        # Where kb did not write a key it does not know that the reader removed it.
        here = {key for key in note.theirs if living_text.value(note.text, key) is not None}
        note = replace(note, theirs=here)
    now = note.renewed(data)
    assert not note.broken, f"{note.path} is broken ({note.broken}) and was changed"
    was, new = note.mine, now.mine
    if ticked:
        was, new = (living_text.outside(text, {"status", "rating"}, None) for text in (was, new))
    assert was == new, f"{note.path}: not kb's, and changed\n{_difference(was, new)}"
    return now


def _difference(was: str, now: str) -> str:
    return "\n".join(difflib.unified_diff(was.splitlines(), now.splitlines(), n=1, lineterm=""))


def _check_tick(model: Model, note: Held, now: Held) -> None:
    _, task = model.ticks[note.id or ""]
    if note.boxes != model.shown.get(note.id or "", frozenset()):
        assert now.boxes == note.boxes, f"{note.path}: the reader's own status lost to a tick"
        return
    wanted = task not in note.boxes
    assert (task in now.boxes) == wanted, f"{note.path}: {task} was ticked on the page, not here"


def _check_judged(model: Model, passed: Passed, note: Held, now: Held) -> None:
    verdict = model.verdicts[note.id or ""]
    if note.loose:
        return
    if "relevance" not in note.theirs:
        said = living_text.value(now.text, "relevance")
        assert said == str(verdict.relevance), f"{note.path}: relevance {said}, {verdict}"
    kept = living_text.value(now.text, "kept")
    if "relevance" not in note.theirs:
        assert (kept == "false") == _below(note, verdict, passed.cutoffs), (
            f"{note.path}: kept {kept}"
        )


def _unheard(model: Model, passed: Passed, note: Held) -> bool:
    """Whether the note does not show yet what a model thought of its paper."""
    verdict = model.verdicts.get(note.id or "")
    if verdict is None:
        return False
    keys = ("relevance", "novelty", "kept", "scored_by")
    said = [living_text.value(note.text, key) for key in keys]
    kept = "false" if _below(note, verdict, passed.cutoffs) else None
    return said != [str(verdict.relevance), str(verdict.novelty), kept, "a-model"]


def _below(note: Held, verdict: Verdict, cutoffs: tuple[int, int]) -> bool:
    if living_text.value(note.text, "followed"):
        return False
    return verdict.relevance < cutoffs[0] or verdict.novelty < cutoffs[1]


def _check_droppable(model: Model, cutoffs: tuple[int, int], note: Held) -> None:
    verdict = model.verdicts.get(note.id or "")
    assert verdict, f"{note.path} was removed without a judgement"
    assert _below(note, verdict, cutoffs), f"{note.path} was removed without a reason"
    assert len(model.copies(note.id or "")) == 1, f"{note.path} was removed, and there are copies"
    assert not note.touched, f"{note.path} was removed, and it has the reader's words"
    assert not note.moved, f"{note.path} was removed, and the reader had moved it"
    name = posixpath.basename(note.path).removesuffix(".md")
    linked = any(f"[[{name}]]".encode() in data for data in model.foreign.values())
    assert not linked, f"{note.path} was removed, and the reader links to it"


def _due(model: Model, passed: Passed) -> set[str]:
    """The papers that this pass judges."""
    return {
        arxiv_id
        for arxiv_id, paper in model.papers.items()
        if passed.intake and passed.sample == paper.sample
        if arxiv_id not in model.judged or arxiv_id in model.maybe
    }


def _joins(model: Model, passed: Passed, note: Held) -> bool:
    """Whether kb takes a note of the reader's own for the note of a paper that is judged now."""
    rivals = [
        n.path
        for n in model.notes.values()
        if n.about == note.about and n.id is None
        if n.broken in ("", "garbage id", "conflict below", "NUL", "no UTF-8")
    ]
    due = note.about in _due(model, passed) - model.judged and not model.copies(note.about or "")
    return due and note.id is None and not note.broken and note.path == min(rivals, default=None)


def _check_new(model: Model, passed: Passed, actions: set[tuple[str, str]]) -> None:
    due = _due(model, passed)
    here = {note.id for note in model.notes.values()}
    made = []
    for path in _new_notes(model, passed.files):
        note = _new(path, passed.files[path])
        assert ("create", path) in actions, f"{path} appeared unreported"
        assert note.id in due, f"{path}: a note of {note.id} was not due"
        assert note.id not in here, f"{path}: there was a note of {note.id} already"
        assert note.id not in made, f"{path}: two new notes of {note.id}"
        made.append(note.id)
        model.known.add(note.id or "")
        model.notes[path] = note
    if passed.all_kept:
        wanted = {
            i
            for i in due - here - set(model.home) - model.maybe - model.unsure
            if not model.papers[i].sample
            if not any(_names(note, i) for note in model.notes.values())
        }
        assert wanted <= set(made), f"no notes for {sorted(wanted - set(made))}"
    model.judged |= due
    model.maybe -= due


def _new_notes(model: Model, files: Mapping[str, bytes]) -> Iterator[str]:
    for path in files:
        known = path in model.notes or path in model.foreign or path in model.pages
        page = path == "Home.md" or path.partition("/")[0] in ("Daily", "Weekly", "Monthly")
        if path.endswith(".md") and not (known or page or path.startswith(".")):
            yield path


def _new(path: str, data: bytes) -> Held:
    """A note that kb has just made. Raises AssertionError where it is not whole."""
    text = data.decode()
    whole = text.startswith("---\n") and text.endswith("\n## Notes\n")
    assert whole, f"{path} is not a whole note"
    assert living_text.inside(text, "paper"), f"{path} has no region"
    note = Held(path, data, living_text.value(text, "arxiv_id"), "", born=path)
    note.made = note.mine
    return note


def _check_pages(model: Model, passed: Passed, actions: set[tuple[str, str]]) -> None:
    for path, data in model.pages.items():
        if path not in passed.files:
            assert ("remove", path) in actions, f"{path} was removed unreported"
            assert not _words_around(data), f"{path} was removed with the reader's words in it"
            model.spoilt.pop(path, None)
        else:
            _check_page(path, data, passed.files[path], spoilt=path in model.spoilt)
    _see_pages(model, passed.files)


def _see_pages(model: Model, files: Mapping[str, bytes]) -> None:
    folders = ("Daily/arxiv-", "Weekly/arxiv-", "Monthly/arxiv-")
    model.pages = {p: files[p] for p in files if p == "Home.md" or p.startswith(folders)}


def _check_page(path: str, was: bytes, now: bytes, *, spoilt: bool) -> None:
    if spoilt:
        assert now == was, f"{path} has lost its markers and was written over"
        return
    old, new = (
        living_text.outside(data.decode(), living_text.PAGE_KEYS, "page") for data in (was, now)
    )
    assert old == new, f"{path}: around the region\n{_difference(old, new)}"


def _words_around(data: bytes) -> str:
    rest = living_text.outside(data.decode(), living_text.PAGE_KEYS, "page")
    for known in ("---", "<!-- kb:begin page -->", "<!-- kb:end page -->", "\ufeff"):
        rest = rest.replace(known, "")
    return rest.strip()


def _check_listing(model: Model, passed: Passed) -> None:
    """Every note stands on the page of its day, and no page links to what is not there."""
    waiting = _held(model, passed)
    # What lists nothing any more, and stays for the reader's words in it, is named.
    left = {problem.where for problem in passed.report.problems} & model.pages.keys()
    out_of_step = model.spoilt.keys() | waiting | left
    linked = {
        path: living_text.links(data.decode(), path)
        for path, data in model.pages.items()
        if path not in out_of_step
    }
    for page, targets in linked.items():
        missing = {t for t in targets if t not in passed.files}
        assert not missing, f"{page} links to {sorted(missing)}, which is not there"
    on_pages = set().union(*linked.values()) if linked else set()
    for note in model.notes.values():
        listed = model.copies(note.id)[:1] == [note] if note.id else False
        kept = living_text.value(note.text, "kept") != "false"
        if not (listed and kept):
            assert note.path not in on_pages, f"{note.path} should be on no page"
        elif not note.broken or note.broken == "conflict below":
            page = model.page_of(note)
            if page not in out_of_step:
                assert note.path in linked.get(page, ()), f"{note.path} is not on {page}"


def _check_told(model: Model, passed: Passed, refused: Mapping[str, str]) -> None:
    report = passed.report
    told = refused.keys() | {problem.where for problem in report.problems}
    for note in model.notes.values():
        claimed = living_text.value(note.sound.decode("utf-8", "replace"), "arxiv_id")
        if note.broken and claimed and note.broken != "conflict below":
            assert note.path in refused, f"{note.path} ({note.broken}) is not named as refused"
        elif not note.broken:
            assert note.path not in refused, f"{note.path}: {refused.get(note.path)}"
        if note.id and model.copies(note.id)[:1] != [note] and not note.broken:
            assert note.path in told, f"{note.path} is a second note of {note.id}, untold"
    for path in model.spoilt.keys() - _held(model, passed):
        day = path.removeprefix("Daily/arxiv-").removesuffix(".md")
        if any(note.day == day and not note.broken for note in model.listed()):
            assert path in refused, f"{path} has lost its markers, untold"
    for path in refused:
        known = path in model.spoilt or (path in model.notes and model.notes[path].broken)
        assert known, f"{path} was refused: {refused[path]}"
    if model.told is not None:
        new = any(model.told.get(path) != why for path, why in refused.items())
        assert report.exit == int(new), f"exit {report.exit}, refused {refused}"
    assert report.exit in (0, 1), f"exit {report.exit}"


def _check_moves(model: Model, before: Mapping[str, Held], actions: set[tuple[str, str]]) -> None:
    if model.crashed:
        return
    listed = {note.path for note in before.values()}
    for note in before.values():
        home = model.home.get(note.id or "")
        sure = note.id not in model.vague and not note.broken
        if home and home != note.path and sure:
            if home in model.notes and home not in listed:
                continue
            assert {("move", home), ("return", note.path)} & actions, (
                f"{note.id}: {home} to {note.path} untold"
            )
    for arxiv_id, path in model.home.items():
        if arxiv_id in model.vague:
            continue
        if not model.copies(arxiv_id) and path not in model.notes:
            traced = any(_names(note, arxiv_id) for note in model.notes.values())
            told = {("forget", path), ("remove", path)} & actions
            assert traced or told, f"{path} was deleted, untold"


def check_forgotten(model: Model, files: Mapping[str, bytes]) -> None:
    """After the sample is taken away: what the reader touched is there, and kb knows none of it."""
    sample = {i for i, paper in model.papers.items() if paper.sample}
    for path, note in list(model.notes.items()):
        data = files.get(path)
        if data is None:
            assert note.id in sample, f"{path} was removed, and is not of the sample"
            assert not note.touched, f"{path} was removed, and it has the reader's words"
            assert not note.moved, f"{path} was removed, and the reader had moved it"
            del model.notes[path]
            continue
        assert data == note.data, f"{path} was changed"
        if note.id in sample:
            model.notes[path] = replace(note, loose=True, born=path)
    for path, data in model.foreign.items():
        assert files.get(path) == data, f"{path} is the reader's and was changed"
    for arxiv_id in sample:
        del model.papers[arxiv_id]
        for known in (model.judged, model.known, model.maybe, model.vague):
            known.discard(arxiv_id)
        for memory in (model.home, model.shown, model.ticks):
            memory.pop(arxiv_id, None)
    for path, data in list(model.pages.items()):
        if path not in files:
            assert not _words_around(data), f"{path} was removed with the reader's words in it"
            model.spoilt.pop(path, None)
        else:
            _check_page(path, data, files[path], spoilt=path in model.spoilt)
    _see_pages(model, files)
    model.told = None


def _names(note: Held, arxiv_id: str) -> bool:
    return note.id is None and arxiv_id in note.text


def _held(model: Model, passed: Passed) -> set[str]:
    """Daily pages that are left as they are until a tick on them has reached its note."""
    return {page for i, (page, _) in model.ticks.items() if _waits(model, passed, i)}


def _waits(model: Model, passed: Passed, arxiv_id: str) -> bool:
    """Whether the note could not take a tick yet. Raises AssertionError where the page lost it."""
    page, task = model.ticks[arxiv_id]
    note = next(iter(model.copies(arxiv_id)), None)
    cannot = note and (note.broken == "conflict below" or note.path in passed.busy)
    if note is None or page not in model.pages or not cannot:
        return False
    if note.boxes != model.shown.get(arxiv_id, frozenset()):
        return False
    shown = living_text.is_ticked(model.pages[page].decode(), arxiv_id, task)
    was = task in model.shown.get(arxiv_id, frozenset())
    assert shown is None or shown != was, f"{task} of {arxiv_id} was ticked on {page} and is lost"
    return True


def _follow(model: Model, passed: Passed, refused: Mapping[str, str]) -> None:
    listed = {note.id or "": note for note in model.listed()}
    paths = {note.path for note in listed.values()}
    unclear: set[str] = set()
    for arxiv_id in model.known | model.vague:
        home = model.home.get(arxiv_id)
        if home in model.notes and home not in paths:
            unclear.add(arxiv_id)  # what lies there may be it: it is not taken for moved or gone
        elif arxiv_id in listed:
            model.home[arxiv_id] = listed[arxiv_id].path
        elif not any(_names(note, arxiv_id) for note in model.notes.values()):
            model.home.pop(arxiv_id, None)
    sound = {i for i, note in listed.items() if not note.broken}
    sure = model.vague & model.judged & sound
    model.known |= sure
    model.vague -= sure
    model.vague |= unclear
    model.ticks = {
        arxiv_id: tick for arxiv_id, tick in model.ticks.items() if _waits(model, passed, arxiv_id)
    }
    for arxiv_id, note in listed.items():
        page = model.page_of(note)
        if page not in model.spoilt and arxiv_id not in model.ticks:
            model.shown[arxiv_id] = note.boxes
    model.told = dict(refused)
    model.crashed = False
    for path, note in model.notes.items():
        # Should another copy be listed one day, kb knows only what it wrote into this one.
        other = note.id in listed and listed[note.id or ""].path != path
        limbo = note.limbo and bool(note.broken)
        model.notes[path] = replace(note, limbo=limbo, loose=note.loose or other)
