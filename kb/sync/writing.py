"""Carrying out what a plan says, file by file, and remembering it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kb.core import frontmatter, plan, regions
from kb.core import notes as notes_
from kb.core.pages import PAGE_KEYS, NotAPage, page_text
from kb.core.report import Action
from kb.errors import Busy, Problem, Refused
from kb.vault.files import Missing, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kb.core.history import Record, Written
    from kb.core.notes import Note
    from kb.core.pages import Page
    from kb.core.report import Report
    from kb.vault.files import FileState
    from kb.vault.scan import Scan
    from kb.vault.vault import Vault


_REFUSALS = (Busy, Refused, frontmatter.FrontmatterError, regions.RegionError, NotAPage)
_Draft = tuple[str, bytes, "FileState | None"]
"""Path and bytes of a page, and the file as it was read."""


class Writer:
    """Writes notes and pages, or only notes down that it would (`dry_run`)."""

    def __init__(self, vault: Vault, scan: Scan, report: Report, *, at: str, dry_run: bool) -> None:
        self.vault = vault
        self.scan = scan
        self.report = report
        self.at = at
        self.dry_run = dry_run
        self._told: Counter[str] = Counter()

    def stamp(self, arxiv_id: str) -> str:
        """The `at` of what the ledger is to say next of a note: later than what this pass has made it
        say, since the lines of a ledger may be read in any order."""
        before = self._told[arxiv_id]
        self._told[arxiv_id] += 1
        if not before:
            return self.at
        later = datetime.fromisoformat(self.at) + timedelta(milliseconds=before)
        return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def create(
        self, new: plan.NewNote, *, rename: Callable[[], plan.NewNote]
    ) -> tuple[Note, Record]:
        """A new note. Where its name was taken meanwhile, `rename` makes it again under another."""
        for attempt in (new, None):
            note = attempt or rename()
            read = notes_.read(note.path, note.text, self.vault.properties)
            record = self._wrote(note.id, note.path, dict(note.keys), read.regions)
            try:
                self._put(note.path, note.text, None, record, read)
            except (Busy, Refused):
                if attempt is None:
                    raise
                continue
            break
        self.report.created += 1
        self.report.actions.append(Action("create", note.path))
        self.report.written.append(note.path)
        return read, record

    def edit(
        self, edit: plan.NoteEdit, written: Written | None
    ) -> tuple[Note, Record | None] | None:
        """Edits an existing note; None where it was refused, deferred or already so."""
        try:
            state = self.vault.files.read(edit.path)
            before = decode(edit.path, state.data)
            properties = self.vault.properties
            if not edit.adopted and notes_.read(edit.path, before, properties).id != edit.id:
                raise Busy(edit.path, "is no longer the note that kb read a moment ago")
            after, keys, region = edit.apply(before)
            read = notes_.read(edit.path, after, properties)
            record = self._edited(edit, written, keys, read.regions if region else {})
            changed = after != before
            if changed:
                record |= {} if edit.adopted else {"update": edit.why}
                changed = self._put(edit.path, after, state, record if edit.record else None, read)
        except Busy as busy:
            self.report.deferred.append(Problem(busy.path, busy.why))
            return None
        except (frontmatter.FrontmatterError, regions.RegionError) as error:
            self.report.refused.append(Problem(edit.path, str(error)))
            return None
        except Missing:
            return None
        except Refused as refusal:
            self.report.refused.append(Problem(refusal.path, refusal.why))
            return None
        if changed:
            self.report.updated += 1
            self.report.actions.append(
                Action("adopt" if edit.adopted else "update", edit.path, edit.why)
            )
            self.report.written.append(edit.path)
        said = (record["path"], record["keys"], record["regions"])
        news = changed or written is None or said != (written.path, written.keys, written.regions)
        return read, record if edit.record and news else None

    def _edited(
        self,
        edit: plan.NoteEdit,
        written: Written | None,
        keys: Mapping[str, Any],
        regions_written: Mapping[str, str],
    ) -> Record:
        """What the ledger is to say of an edit: all that kb has written into the note by then."""
        all_keys = dict(written.keys if written else {}) | notes_.remembered(keys)
        removed = {key for key, value in keys.items() if value is frontmatter.REMOVE}
        digests = dict(written.regions if written else {})
        if edit.region in regions_written:
            digests[edit.region] = regions_written[edit.region]
        kept = {key: value for key, value in all_keys.items() if key not in removed}
        record = self._wrote(edit.id, edit.path, kept, digests)
        if edit.adopted and not regions_written:  # else it is kb's own, from a pass that died
            record["adopted"] = True
        return record

    def _put(
        self, path: str, text: str, expect: FileState | None, record: Record | None, note: Note
    ) -> bool:
        """Writes a note, and remembers what the ledger is to say of it, should the pass die first."""
        if self.dry_run:
            return True
        cache = self.vault.cache
        if record is not None:
            cache.begin(record["id"], record)
        data = text.encode()
        try:
            written = self.vault.files.write(path, data, expect=expect)
        except (Busy, Refused):
            if record is not None:
                cache.end([record["id"]])
            raise
        if written:
            self.scan.wrote(path, len(data), note)
        return written

    def pages(
        self,
        pages: Iterable[tuple[Page, FileState | None]],
        before: Callable[[], None] | None = None,
    ) -> list[bool]:
        """Writes those whose bytes differ, all at once; False for each that is not right and had to be
        left. A page may be given as it was read a moment ago. Calls `before` when all is made ready
        and nothing is written yet."""
        drafts = [self._draft(page, file) for page, file in pages]
        if before is not None:
            before()
        due = [draft for draft in drafts if not isinstance(draft, bool)]
        outcomes = iter([True] * len(due) if self.dry_run else self.vault.files.write_together(due))
        return [
            draft if isinstance(draft, bool) else self._settled(draft, next(outcomes))
            for draft in drafts
        ]

    def _draft(self, page: Page, file: FileState | None) -> _Draft | bool:
        """What is to be written; True where the file says it, False where it has to be left."""
        try:
            state = file or self.vault.files.find(page.path)
            existing = decode(page.path, state.data) if state else None
            text = page_text(page, existing)
        except _REFUSALS as error:
            return self._left(page.path, error)
        return text == existing or (page.path, text.encode(), state)

    def _settled(self, draft: _Draft, outcome: bool | Exception) -> bool:
        path, data, _ = draft
        if isinstance(outcome, Exception):
            return self._left(path, outcome)
        if outcome and not self.dry_run:
            self.scan.wrote(path, len(data))
        self.report.pages += 1
        self.report.actions.append(Action("page", path))
        self.report.written.append(path)
        return True

    def _left(self, path: str, error: Exception) -> bool:
        report = self.report
        if isinstance(error, (Busy, Refused)):
            problems = report.deferred if isinstance(error, Busy) else report.refused
            problems.append(Problem(error.path, error.why))
        else:
            report.refused.append(Problem(path, str(error)))
        return False

    def is_right(self, page: Page) -> bool:
        """Whether the page's file says all of it. Nothing is written, and nothing raised."""
        try:
            existing = self.vault.files.read(page.path).text
            return page_text(page, existing) == existing
        except _REFUSALS:
            return False

    def remove_page(self, path: str) -> bool:
        """Removes a page that lists nothing any more, if all of it is kb's own."""
        try:
            state = self.vault.files.read(path)
            text = decode(path, state.data)
            region = regions.find(text, "page")
            values = frontmatter.read(text)
            if region is None or "kb" not in values:
                return False
            _, body = frontmatter.split(text)
            rest = regions.replace(body, "page", "").replace("<!-- kb:begin page -->", "")
            theirs = values.keys() - set(PAGE_KEYS) or not frontmatter.is_as_dumped(text)
            if theirs or rest.replace("<!-- kb:end page -->", "").strip():
                self.report.problems.append(
                    Problem(path, "lists nothing any more, but holds your own words, so it stays")
                )
                return False
            if not self.dry_run:
                self.vault.files.remove(path, expect=state)
                self.scan.removed(path)
        except (frontmatter.FrontmatterError, regions.RegionError, Busy, Refused):
            return False
        self.report.actions.append(Action("remove", path, "it lists nothing any more"))
        self.report.written.append(path)
        return True

    def text(self, path: str, text: str) -> None:
        """A file that is all kb's own and never changes, such as a snapshot of the criteria."""
        if self.dry_run:
            return
        try:
            if self.vault.files.write(path, text.encode(), expect=None):
                self.report.written.append(path)
        except (Busy, Refused):
            if not (self.vault.root / path).is_file():
                raise

    def append(self, month: str, records: list[Record]) -> None:
        """Adds records to the ledger, unless this is a rehearsal."""
        if self.dry_run or not records:
            return
        if path := self.vault.ledger.append(month, records):
            self.report.written.append(path)
        if noted := [record["id"] for record in records if record["k"] == "wrote"]:
            self.vault.cache.end(noted)

    def _wrote(
        self, arxiv_id: str, path: str, keys: dict[str, Any], digests: dict[str, str]
    ) -> Record:
        return {
            "v": 1, "k": "wrote", "id": arxiv_id, "path": path, "keys": keys, "regions": digests,
            "at": self.stamp(arxiv_id),
        }  # fmt: skip
