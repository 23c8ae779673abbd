"""Which files a pass hands to git, and in what words."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

from kb.core.report import Action
from kb.errors import Busy, Problem, Refused, TryLater

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kb.core.report import DayReport, Report
    from kb.repository.git import Repository
    from kb.sync.state import State

TRAILER = "kb-pass"
LISTED = 20


def commit(state: State, words: str | None = None, *, always: bool = False) -> None:
    """Commits what `git.commit` allows of what is not committed yet, in one commit.

    `words` is the message, made up from the report by default; `always` commits notes whatever the
    setting. Files come first: where git cannot commit now, the report says why and the next pass
    does it. Locks of runs that died are cleared also where there is nothing to commit.
    """
    from kb.repository.command import GitFailed

    mode = "notes" if always else state.vault.settings.git.commit
    if mode == "off":
        state.memory.uncommitted = set()
        return
    try:
        _commit(state, words, own_only=mode == "own")
    except TryLater as later:
        state.report.problems.append(Problem("git", str(later)))
    except GitFailed as failed:
        if state.report.person:
            state.report.problems.append(Problem("git", str(failed)))
        else:
            state.report.person = str(failed)


def ask(state: State) -> None:
    """Lets git look in the background for what is not committed yet. Only for passes all of whose
    files are told in their report."""
    from kb.repository.asked import Asked

    options = state.options
    wanted = options.commit and not options.dry_run and state.vault.settings.git.commit != "off"
    if wanted and state.memory.uncommitted is None and state.asked is None:
        state.asked = Asked(state.vault.root)
        state.asked.start()


def _commit(state: State, words: str | None, *, own_only: bool) -> None:
    from kb.repository.git import Repository

    report = state.report
    repository = Repository.find(state.vault.root)
    if repository is None:
        state.memory.uncommitted = set()
        report.problems.append(
            Problem(
                "git",
                "the vault is in no repository, so nothing was committed; `kb init` makes one",
            )
        )
        return
    _clear_dead_locks(repository, report)
    memory = state.memory
    if memory.uncommitted is None:
        memory.uncommitted = _uncommitted(state, repository)
    ours = {path for path in memory.uncommitted if _may_commit(state, path, own_only=own_only)}
    written = frozenset(report.written)
    changed = sorted(path for path in ours if not _settling(state, path, written))
    if changed:
        report.commit = repository.commit(
            changed, words or partial(message, state), problems=report.problems
        )
    memory.uncommitted = ours.difference(changed)
    memory.actions.clear()
    if report.commit:
        report.actions.append(Action("commit", report.commit[:10], f"{len(changed)} files"))


def _uncommitted(state: State, repository: Repository) -> set[str]:
    """What git has named since the vault was read, and what was written since; else what it names now."""
    found = state.asked.found() if state.asked is not None else None
    if found is None:
        return set(repository.uncommitted(["."]))
    return {*found, *state.report.written}


def _may_commit(state: State, path: str, *, own_only: bool) -> bool:
    """Whether `git.commit` gives the file to us."""
    if _all_ours(state, path):
        return True
    return not own_only and (_is_note(state, path) or _was_note(state, path))


def _clear_dead_locks(repository: Repository, report: Report) -> None:
    from kb.repository.command import GitFailed

    try:
        repository.clear_dead_locks()
    except GitFailed as failed:
        report.problems.append(Problem("git", str(failed)))


def _all_ours(state: State, path: str) -> bool:
    """Pages, ledger and criteria; never what was recovered for the reader to look at."""
    if path.startswith(".kb/"):
        return not path.startswith(".kb/recovered/")
    return state.vault.layout.owns(path)


def _is_note(state: State, path: str) -> bool:
    """Whether git means a paper note that can be read. Where the disk takes no notice of upper and
    lower case, git goes on to call a note by the name that it had first."""
    if (arxiv_id := state.notes.id_at(path)) is not None:
        return arxiv_id not in state.notes.refused
    if path in state.scan or not os.path.lexists(state.vault.root / path):
        return False
    folded, root = path.casefold(), state.vault.root
    return any(
        state.notes.id_at(note) not in {None, *state.notes.refused}
        and _same_file(root / path, root / note)
        for note in state.scan.paths()
        if note.casefold() == folded
    )


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _settling(state: State, path: str, written: frozenset[str]) -> bool:
    """Whether the reader changed the note so lately that more may come (`git.settle`)."""
    if state.options.settled or _all_ours(state, path):
        return False
    try:
        changed = (state.vault.root / path).stat()
    except OSError:
        return False
    if time.time() - changed.st_mtime >= state.vault.settings.git.settle:
        return False
    stamp = (changed.st_mtime_ns, changed.st_ctime_ns, changed.st_size)
    if path in written and state.scan.stamp(path) == stamp:
        return False  # as this pass left it
    try:
        return state.vault.files.read(path).sha256 != state.vault.cache.get(path)
    except (Busy, Refused):
        return True


def _was_note(state: State, path: str) -> bool:
    """Whether kb once wrote a note there, and nothing is there now: it was moved or deleted."""
    return path in state.history.paths and not os.path.lexists(state.vault.root / path)


def message(state: State, changed: Sequence[str]) -> str:
    """What a person would write: a line on the days or notes, then what was done to which note."""
    report = state.report
    days = [day for day in report.days if day.outcome == "done" and report.settled]
    done = state.memory.actions
    created = [path for path, action in done.items() if action.kind == "create"]
    touched = [path for path in changed if not _all_ours(state, path) and path not in created]
    lines = [report.subject or _subject(days, report, len(created), touched, changed)]
    if created:
        lines.append(_listing(_title(path) for path in created))
    if touched:
        lines.append(_listing(_what(state, path, done.get(path)) for path in touched))
    return "\n\n".join(lines) + f"\n\n{TRAILER}: {state.at}\n"


def _listing(items: Iterable[str]) -> str:
    every = list(items)
    more = [f"- and {len(every) - LISTED} more"] if len(every) > LISTED else []
    return "\n".join([*(f"- {item}" for item in every[:LISTED]), *more])


def _what(state: State, path: str, done: Action | None) -> str:
    """A note by its title, and what became of it where there is more to say than that it changed."""
    if done is not None and done.kind in ("update", "adopt"):
        return f"{_title(path)}: {done.detail}"
    return _title(path) + ("" if path in state.scan else ": gone from here")


def _title(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")


def _subject(
    days: list[DayReport], report: Report, created: int, touched: list[str], changed: Sequence[str]
) -> str:
    if report.created and len(days) == 1:
        day = days[0]
        return f"arXiv {day.day}: {report.created} of {day.scanned} papers kept"
    if report.created and days:
        scanned = sum(day.scanned for day in days)
        return f"arXiv {days[0].day} to {days[-1].day}: {report.created} of {scanned} papers kept"
    if created:
        return f"Add {created} paper note{'s' if created > 1 else ''}"
    if len(touched) == 1 or len(changed) == 1:
        return f"Update {_title((touched or changed)[0])}"
    if touched:
        return f"Update {len(touched)} paper notes"
    if days:
        return f"arXiv {days[-1].day}: nothing kept"
    return f"Update pages and notes ({len(changed)} files)"
