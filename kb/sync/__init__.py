"""One pass: fetch, score, plan, write, commit, report. A second one changes no byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import whereabouts as whereabouts_
from kb.core.report import Action, Report
from kb.errors import Problem, UsageError
from kb.sync import reassess, recording, rendering, sight, whereabouts
from kb.sync.options import Options, Progress, Selection, silent, utc_now
from kb.sync.state import Memory, State, remember_as_left
from kb.vault.walk import NOT_UNICODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from kb.sources.arxiv import ArxivSource
    from kb.sync.intake import Intake
    from kb.vault.vault import Vault

__all__ = [
    "Memory",
    "Options",
    "Progress",
    "Selection",
    "remember_as_left",
    "run",
    "silent",
    "utc_now",
]


def run(
    vault: Vault,
    options: Options,
    *,
    progress: Progress = silent,
    now: Callable[[], datetime] = utc_now,
    arxiv: ArxivSource | None = None,
    memory: Memory | None = None,
    hints: Iterable[str] | None = None,
    before_pages: Callable[[], None] | None = None,
    work: Callable[[State], None] | None = None,
) -> Report:
    """One pass over `vault`; `arxiv` is asked where no feed is named.

    `work`, where given, is done in place of taking in what arXiv announced.
    `memory` is what the pass before has left to this one; then `hints` may name the only files and
    folders that have been touched since. `before_pages` is called when the first pages are rendered
    and none is written yet.

    Raises ConfigError for settings or topics that cannot be used, TryLater where another pass
    holds the vault or arXiv does not answer, KbError where the disk refuses or far too many notes
    have vanished. Whatever it raises, what was written is whole and the next pass goes on from it.
    """
    with vault.lock():
        if not options.dry_run and hints is None:
            vault.files.clean_leftovers()
        state = State(
            vault, options, now=now(), progress=progress, memory=memory, hints=hints
        )  # fmt: skip
        whereabouts.catch_up(state)
        _account_for_vanished(state)
        rendering.take_ticks(state)
        if work is not None:
            work(state)
            _remember_pass(state)
        elif options.intake:
            from kb.scorers.llm import endpoint
            from kb.sync import filing
            from kb.sync.judging import opening

            where = opening.find(state)
            if where is None:
                recording.ask(state)
            elif options.feed is None and not options.dry_run:
                endpoint.warm()
            filing.file_intake(state, _fetch(state, arxiv), arxiv, where)
            _remember_pass(state)
        elif options.score is not None:
            from kb.sync.judging import rescoring

            rescoring.score(state, options.score, arxiv)
        reassess.reassess(state)
        rendering.write_pages(state, before_pages)
        _tell_refusals(state)
        state.keep()
        if options.commit and not options.dry_run:
            recording.commit(state)
        return state.report


def _account_for_vanished(state: State) -> None:
    history, scan = state.history, state.scan
    wrote = state.among(history.wrote)
    if scan.nameless and whereabouts_.vanished(history, scan.notes, wrote):
        state.report.problems += [Problem(name, NOT_UNICODE) for name in scan.nameless]
    missing = sight.missing(history, scan, wrote)
    for arxiv_id in missing:
        path = state.history.wrote[arxiv_id].path
        state.report.actions.append(Action("forget", path, "its note was deleted"))
    state.remember({"v": 1, "k": "gone", "id": i, "at": state.at} for i in missing)


def _fetch(state: State, arxiv: ArxivSource | None) -> Intake:
    from kb.sync import intake as intake_

    options, settings = state.options, state.vault.settings
    if options.feed is not None:
        state.progress("reading", 0, None)
        return intake_.from_files(
            options.feed, settings, state.history, day=options.day, since=options.since,
            until=options.until, stdin=options.stdin,
        )  # fmt: skip
    if arxiv is None:
        raise UsageError("there is no source to fetch from; name a feed with --feed")
    return intake_.from_arxiv(
        arxiv, settings, state.history, noted=state.notes, now=state.now, since=options.since,
        until=options.until,
    )  # fmt: skip


def _remember_pass(state: State) -> None:
    """The ledger tells of a pass only where it did something: a second one changes no byte."""
    report = state.report
    if report.created or report.updated or report.settled:
        problems = len(report.problems) + len(report.refused)
        state.remember(
            [{"v": 1, "k": "pass", "at": state.at, "created": report.created,
              "updated": report.updated, "problems": problems}]
        )  # fmt: skip


def _tell_refusals(state: State) -> None:
    """Files that cannot be edited make exit 1 once, then stand in `kb status`."""
    report, cache, scan = state.report, state.vault.cache, state.scan
    wrote = state.wrote_among(scan.troubled())
    report.refused += [p for p in scan.refused_among(wrote) if p not in report.refused]
    report.problems += [
        Problem(other.path, f"has the same arxiv_id as {listed.path}, which is the one listed")
        for listed, other in scan.duplicates
    ]
    known = cache.told()
    told = {problem.where: problem.why for problem in report.refused}
    if state.changes is not None:  # what this pass had no reason to look at stands
        told = {w: why for w, why in known.items() if w not in state.looked_at} | told
    new = [where for where, why in told.items() if known.get(where) != why]
    if len(new) == 1:
        report.person = f"{new[0]} cannot be edited safely: {told[new[0]]}"
    elif new:
        shown = ", ".join(new[:3]) + (" and more" if len(new) > 3 else "")
        report.person = f"{len(new)} files cannot be edited safely: {shown}"
    if not state.options.dry_run and told != known:
        cache.tell(told)
