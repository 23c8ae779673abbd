"""What the steps of one pass share: the vault, its history so far, its notes, and the report."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from kb import resources
from kb.core.folding import extend
from kb.core.garbage import uncollected
from kb.core.pages.extent import extent
from kb.core.properties import Form
from kb.core.report import Report
from kb.sync import sight
from kb.sync.writing import Writer
from kb.vault.scan import Changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from kb.core.history import History, Record
    from kb.core.pages.extent import Extent
    from kb.core.report import Action
    from kb.repository.asked import Asked
    from kb.sync.options import Options, Progress
    from kb.vault.scan import Scan
    from kb.vault.vault import Vault


_AS_LEFT = "as left"
_LARGE = 4_000_000
"""Bytes of a ledger from which on another process is worth its making, to list the files of a vault."""
_OF_NOTES = frozenset({"create", "update", "adopt"})
_OF_PAPERS = frozenset({"judged", "summary"})
"""Records of which the note of a paper may have to say something."""
_SHOWN = frozenset({"day", "month", "seen", "spent"}) | _OF_PAPERS
"""Records of which pages say something, or notes."""


class Home:
    """Under which path kb last knew the note of a paper."""

    def __init__(self, history: History, begun: Mapping[str, str] | None = None) -> None:
        self._history = history
        self._begun = begun or {}

    def get(self, arxiv_id: str) -> str | None:
        written = self._history.wrote.get(arxiv_id)
        return written.path if written else self._begun.get(arxiv_id)


@dataclass(slots=True)
class Memory:
    """What a watcher knows of a vault from its last pass, so that the next looks only at what has
    changed. One that a pass has failed with is not to be used again."""

    scan: Scan | None = None
    history: History | None = None
    right: dict[str, tuple[tuple[int, int, int], str]] | None = None
    """Pages that were found right: the stamp of the file, the signature of what it shows."""
    shown: tuple[str, Extent] | None = None
    """What all pages have in common, and which there are."""
    unfinished: set[str] = field(default_factory=set)
    """Pages that could not be brought in step."""
    in_question: set[str] = field(default_factory=set)
    """Papers about which the last pass had to leave something open."""
    uncommitted: set[str] | None = None
    """Files that have changed since the last commit; None: git is to be asked."""
    actions: dict[str, Action] = field(default_factory=dict)
    """What was done to notes among them, by path."""
    news: bool = False
    """Whether the last pass has found or made any change."""


def _stamp(now: datetime, latest: str) -> str:
    """The `at` of this pass: later than all that the ledger holds, also where a clock went back.

    Records are put in order by it, so an earlier one would lose against what it follows.
    """
    with contextlib.suppress(ValueError, OverflowError, TypeError):
        now = max(now, datetime.fromisoformat(latest) + timedelta(milliseconds=1))
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def remember_as_left(vault: Vault, memory: Memory) -> None:
    """Lets another process know that there is nothing to do until something changes, if that is so."""
    if memory.scan is not None and not (memory.in_question or memory.unfinished):
        vault.cache.put_fact(_AS_LEFT, _mark(vault, memory.scan))


def _mark(vault: Vault, scan: Scan) -> str:
    """Equal where this program, the settings, the ledger and the stamps of all files are."""
    ledger = sorted((vault.ledger.held or {}).items())
    told = resources.build(), vault.settings, ledger, scan.told()
    return hashlib.blake2b(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


class State:
    """Read once at the start of a pass, then kept in step with what is written.

    With `memory` only what has changed since is read; with `hints`, only what these name is looked
    at. Raises KbError where far too much has vanished since the last pass, see `kb.sync.sight`.
    """

    def __init__(
        self,
        vault: Vault,
        options: Options,
        *,
        now: datetime,
        progress: Progress,
        memory: Memory | None = None,
        hints: Iterable[str] | None = None,
    ) -> None:
        self.vault = vault
        self.options = options
        self.now = now.astimezone(UTC)
        self.progress = progress
        self.memory = memory or Memory()
        self.scan: Scan = self.memory.scan or vault.new_scan()
        with uncollected(staying=self.memory.scan is None), self._listing():
            known = self._read_ledger()
            self.history: History = self.memory.history or vault.ledger.history()
            changes = self._look(hints)
        self.memory.scan = self.scan
        self.at = _stamp(self.now, self.history.latest)
        self.report = Report()
        self.notes = self.scan.notes
        """By paper, as they are on disk now."""
        self.setting = repr((resources.build(), vault.settings.folders, vault.settings.pages))
        """What all pages have in common: how they are made."""
        self.as_left = (
            memory is not None
            and changes.everything
            and vault.cache.fact(_AS_LEFT) == _mark(vault, self.scan)
        )
        """Whether all is as a pass that left nothing to do has found it, perhaps in another process; where
        no memory is given nobody relies on it."""
        if self.as_left:
            changes = Changes(set(), set())
            self.shown()
        self.writer = Writer(vault, self.scan, self.report, at=self.at, dry_run=options.dry_run)
        changes.papers |= self.memory.in_question
        known = self.as_left or (known and not changes.everything)
        self.changes: Changes | None = changes if known else None
        """What has changed since the last pass; None: anything may have."""
        self._see_what_is_gone()
        self.changed_paths = frozenset(changes.paths)
        """Files that have come, changed or gone since the last pass, by whomever."""
        self.looked_at: set[str] = set(changes.paths)
        """Files about which this pass has something to say."""
        self.held: set[str] = set()
        """Pages that must wait: a tick on them has not reached its note."""
        self.stirred: set[date] = set()
        """Days of which something new has been recorded."""
        self.beside: set[date] = set()
        """Days beside which there are other pages than before."""
        self.asked: Asked | None = None
        """What git is asked in the background."""
        self._form: Form | None = None

    def _listing(self) -> AbstractContextManager[None]:
        """Where nothing is known yet of a large vault, its files are listed while its ledger is read."""
        sizes = (stamp[0] for stamp in self.vault.ledger.stamp().values())
        large = not self.scan.begun and sum(sizes) > _LARGE
        return self.scan.listing() if large else contextlib.nullcontext()

    def _read_ledger(self) -> bool:
        """Reads the ledger where it is not known yet, or somebody else has written to it; whether it
        was known."""
        memory, ledger = self.memory, self.vault.ledger
        if memory.history is not None and ledger.held == ledger.stamp():
            return True
        memory.history = ledger.history(begin_anew=self.options.accept_deletions)
        return False

    def _look(self, hints: Iterable[str] | None) -> Changes:
        begun = {arxiv_id: record["path"] for arxiv_id, record in self.vault.cache.begun().items()}
        home = Home(self.history, begun)
        if hints is None or not self.scan.begun:
            return self.scan.compare(home)
        return self.scan.look_at(hints, home)

    def _see_what_is_gone(self) -> None:
        wrote = self.among(self.history.wrote)
        if not self.options.accept_deletions:
            changes = self.changes
            pages = changes is None or any(path not in self.scan for path in changes.paths)
            sight.check(self.vault, self.history, self.scan, wrote, pages=pages)
        elif not self.options.dry_run:
            gone = sight.missing(self.history, self.scan, wrote)
            for _, lost in sight.lost_folders(self.vault, self.history, self.scan, gone):
                for path in lost:
                    self.vault.cache.forget(path)

    def among(self, papers: Iterable[str]) -> Iterable[str]:
        """Those of the papers of which something may have changed since the last pass."""
        if self.changes is None:
            return list(papers)
        held = papers if isinstance(papers, (dict, set, frozenset)) else set(papers)
        return [arxiv_id for arxiv_id in self.changes.papers if arxiv_id in held]

    def remember(self, records: Iterable[Record], *, day: date | None = None) -> None:
        """Adds records to the ledger's file of `day`'s month (else this month's) and the history."""
        fresh = list(records)
        self.writer.append((day or self.now.date()).isoformat()[:7], fresh)
        extend(self.history, fresh)
        for record in fresh:
            self._stir(record, day)

    def _stir(self, record: Record, day: date | None) -> None:
        """Takes note of what else than before is to be shown since there is this record, put down with
        those of `day`."""
        if record["k"] not in _SHOWN:
            return
        if day is not None:
            self.stirred.add(day)
        if "day" in record:
            self.stirred.add(date.fromisoformat(record["day"]))
        if record["k"] in _OF_PAPERS:
            if (shown_on := self.notes.day_of(record["id"])) is not None:
                self.stirred.add(shown_on)
            if self.changes is not None:
                self.changes.papers.add(record["id"])

    def wrote_among(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths under which the ledger knows a note."""
        if not any(path in self.history.paths for path in paths):
            return frozenset()
        return frozenset(written.path for written in self.history.wrote.values())

    def shown(self) -> None:
        """Every page is in step now, or told to be unfinished."""
        self.memory.shown = self.setting, extent(self.history, self.notes)
        self.notes.settle()

    def keep(self) -> None:
        """Lets the memory, and the cache, stand for all that this pass has seen and done."""
        self.scan.remember()
        memory = self.memory
        if memory.uncommitted is not None:
            memory.uncommitted |= self.changed_paths | set(self.report.written)
        memory.in_question = self._left_open()
        done = (action for action in self.report.actions if action.kind in _OF_NOTES)
        memory.actions |= {action.path: action for action in done}
        memory.news = bool(self.changed_paths or self.report.written)
        # Not after a pass that looked at little: to say how all is left takes longer.
        if (self.changes is None or (self.as_left and memory.news)) and not (
            self.options.dry_run or self.report.deferred or self.held
        ):
            remember_as_left(self.vault, memory)

    def _left_open(self) -> set[str]:
        """Papers whose note is to be looked at again though it may not change: an edit had to wait, or
        where it is now is not settled."""
        waiting = {self.notes.id_at(problem.where) for problem in self.report.deferred}
        astray = {
            arxiv_id
            for arxiv_id in self.among(self.history.wrote)
            if self.notes.path_of(arxiv_id) != self.history.wrote[arxiv_id].path
        }
        return astray | {arxiv_id for arxiv_id in waiting if arxiv_id is not None}

    @property
    def form(self) -> Form:
        """What notes look like. Raises ConfigError where no note can be made from the template."""
        if self._form is None:
            vault = self.vault
            self._form = Form(vault.template_text(), vault.template_name, vault.properties)
        return self._form
