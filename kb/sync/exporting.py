"""What goes out of a vault: its papers as entries, its days as digests. Nothing here is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kb.core.assessments import UNNAMED
from kb.core.exports.digest import digest
from kb.core.exports.entries import by_day, choose, from_note
from kb.core.listed import DayTotals, Usage
from kb.errors import Busy, Refused
from kb.sync.state import Home

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from kb.core.costs import Cost
    from kb.core.exports.entries import Choice, Entry
    from kb.core.history import Day, History
    from kb.vault.scan import Scan
    from kb.vault.vault import Vault

_AT_ONCE = 500


class Papers:
    """The papers of a vault that pages list, as its notes and its ledger stand now."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.history: History = vault.ledger.history()
        self.scan: Scan = vault.scan(Home(self.history))
        self._comments = {
            arxiv_id: comment
            for day in self.history.days.values()
            for arxiv_id, (_, comment) in day.reasons.items()
        }

    def chosen(self, choice: Choice) -> list[Entry]:
        """Those that are wanted, the newest day first, within it the best first."""
        return by_day(choose(self._entries(), choice))

    def digests(self, entries: Sequence[Entry]) -> Iterator[tuple[date, str]]:
        """Each announcement day of the entries, oldest first, and its digest. Papers stand as they
        were kept; what came to the day later follows."""
        days: dict[date, dict[str, Entry]] = {}
        for entry in entries:
            if entry.announced is not None:
                days.setdefault(entry.announced, {})[entry.id] = entry
        for day in sorted(days):
            record = self.history.days.get((day, "")) or self.history.days.get((day, "sample"))
            inside = days[day]
            kept = [i for i in record.kept if i in inside] if record else []
            ordered = [inside[i] for i in dict.fromkeys([*kept, *inside])]
            yield day, digest(ordered, _totals(day, record, self.history), self._criteria(record))

    def _entries(self) -> Iterator[Entry]:
        ids = sorted(self.scan.notes)
        for at in range(0, len(ids), _AT_ONCE):
            some = ids[at : at + _AT_ONCE]
            papers = self.vault.cache.papers(some)
            for arxiv_id in some:
                note = self.scan.notes[arxiv_id]
                abstract = papers[arxiv_id].abstract if arxiv_id in papers else ""
                entry = from_note(note, abstract=abstract, comment=self._comment(arxiv_id))
                if entry is not None and note.kept and not note.refused:
                    by = "" if entry.scored_by == UNNAMED else entry.scored_by
                    yield replace(entry, id=arxiv_id, scored_by=by)

    def _comment(self, arxiv_id: str) -> str:
        if record := self.history.judged_by_model(arxiv_id):
            return str(record.get("comment", ""))
        return self._comments.get(arxiv_id, "")

    def _criteria(self, record: Day | None) -> str:
        if record is None or not record.criteria:
            return ""
        try:
            return self.vault.read_text(self.vault.layout.criteria(record.criteria))
        except (Busy, Refused):
            return ""


def _totals(day: date, record: Day | None, history: History) -> DayTotals:
    if record is None:
        return DayTotals(day=day)
    usage = tuple(_usage(row) for row in record.usage)
    if not record.source:
        usage += tuple(
            _spent(model, cost) for model, cost in sorted(history.usage.get(day, {}).items())
        )
    if not usage and record.by:
        prompt, cached, completion = record.tokens
        model = "" if record.by == UNNAMED else record.by
        usage = (
            Usage(
                model=model, prompt=prompt, cached=cached, completion=completion,
                total=prompt + completion, usd=record.usd,
            ),
        )  # fmt: skip
    known = record.announced >= record.scanned
    return DayTotals(
        day=day,
        announced=record.announced if known else None,
        scanned=record.scanned,
        usage=usage,
    )


def _spent(model: str, cost: Cost) -> Usage:
    usd = None if cost.unpriced and not cost.nanos else cost.usd
    return Usage(
        model=model, prompt=cost.prompt, cached=cost.cached, completion=cost.completion,
        total=cost.total, usd=usd,
    )  # fmt: skip


def _usage(row: Sequence[object]) -> Usage:
    """What a day's record has kept of a digest's table."""
    model, prompt, cached, completion, total, usd, parts = row
    return Usage(
        model=str(model),
        prompt=_whole(prompt),
        cached=_whole(cached),
        completion=_whole(completion),
        total=_whole(total),
        usd=_number(usd),
        usd_parts=(_number(parts[0]), _number(parts[1]))
        if isinstance(parts, list | tuple)
        else (None, None),
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
