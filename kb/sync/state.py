"""What the steps of one pass share: the vault, its history so far, its notes, and the report."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kb.core.history import extend
from kb.core.report import Report
from kb.sync import sight
from kb.sync.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kb.core.history import History, Record
    from kb.core.notes import Note
    from kb.sync.options import Options, Progress
    from kb.vault.vault import Scan, Vault

TEMPLATE = "Paper.md"


def _stamp(now: datetime, latest: str) -> str:
    """The `at` of this pass: later than all that the ledger holds, also where a clock went back.

    Records are put in order by it, so an earlier one would lose against what it follows.
    """
    with contextlib.suppress(ValueError, OverflowError, TypeError):
        now = max(now, datetime.fromisoformat(latest) + timedelta(milliseconds=1))
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class State:
    """Read once at the start of a pass, then kept in step with what is written.

    Raises KbError where far too much has vanished since the last pass, see `kb.sync.sight`.
    """

    def __init__(
        self, vault: Vault, options: Options, *, now: datetime, progress: Progress
    ) -> None:
        self.vault = vault
        self.options = options
        self.now = now.astimezone(UTC)
        self.progress = progress
        self.history: History = vault.ledger.history(begin_anew=options.accept_deletions)
        self.at = _stamp(self.now, self.history.latest)
        self.report = Report()
        self.writer = Writer(vault, self.report, at=self.at, dry_run=options.dry_run)
        begun = {arxiv_id: record["path"] for arxiv_id, record in vault.cache.begun().items()}
        wrote = {arxiv_id: written.path for arxiv_id, written in self.history.wrote.items()}
        self.scan: Scan = vault.scan(begun | wrote)
        self._see_what_is_gone()
        self.notes: dict[str, Note] = self.scan.by_id
        """By paper, as they are on disk now."""
        self.held: set[str] = set()
        """Pages that must wait: a tick on them has not reached its note."""
        self._template: str | None = None

    def _see_what_is_gone(self) -> None:
        if not self.options.accept_deletions:
            sight.check(self.vault, self.history, self.scan)
        elif not self.options.dry_run:
            for _, lost in sight.lost_folders(self.vault, self.history, self.scan):
                for path in lost:
                    self.vault.cache.forget(path)

    def remember(self, records: Iterable[Record], *, day: date | None = None) -> None:
        """Adds records to the ledger's file of `day`'s month (else this month's) and the history."""
        fresh = list(records)
        self.writer.append((day or self.now.date()).isoformat()[:7], fresh)
        extend(self.history, fresh)

    @property
    def template_name(self) -> str:
        settings = self.vault.settings
        return settings.at(settings.folders.templates, TEMPLATE)

    @property
    def template(self) -> str:
        """The reader's template of a note; the bundled one where they have deleted theirs."""
        if self._template is None:
            from kb import resources
            from kb.vault.files import Missing

            try:
                self._template = self.vault.read_text(self.template_name)
            except Missing:
                self._template = resources.template_file("Templates/Paper.md").decode()
        return self._template
