"""Which files a pass hands to git, and in what words."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from kb.core.report import Action
from kb.errors import Busy, Problem, Refused, TryLater

if TYPE_CHECKING:
    from pathlib import Path

    from kb.core.report import DayReport, Report
    from kb.repository.git import Repository
    from kb.sync.state import State

TRAILER = "kb-pass"


def commit(state: State, words: str | None = None, *, always: bool = False) -> None:
    """Commits what `git.commit` allows of what is not committed yet, in one commit.

    `words` is the message, made up from the report by default; `always` commits notes whatever the
    setting. Files come first: where git cannot commit now, the report says why and the next pass
    does it. Locks of runs that died are cleared also where there is nothing to commit.
    """
    from kb.repository.command import GitFailed

    mode = "notes" if always else state.vault.settings.git.commit
    if mode == "off":
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


def _commit(state: State, words: str | None, *, own_only: bool) -> None:
    from kb.repository.git import Repository

    report = state.report
    repository = Repository.find(state.vault.root)
    if repository is None:
        report.problems.append(
            Problem(
                "git",
                "the vault is in no repository, so nothing was committed; `kb init` makes one",
            )
        )
        return
    _clear_dead_locks(repository, report)
    notes = {} if own_only else _note_paths(state)
    changed = [
        path
        for path in repository.uncommitted(["."])
        if _all_ours(state, path)
        or (_is_note(state, notes, path) and not _settling(state, path))
        or (not own_only and _was_note(state, path))
    ]
    if not changed:
        return
    report.commit = repository.commit(
        changed, words or message(state, changed), problems=report.problems
    )
    if report.commit:
        report.actions.append(Action("commit", report.commit[:10], f"{len(changed)} files"))


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


def _note_paths(state: State) -> dict[str, list[str]]:
    """Paths of paper notes, by themselves in lower case; not of what cannot be read."""
    refused = {problem.where for problem in state.report.refused}
    found: dict[str, list[str]] = {}
    for path in {note.path for note in state.notes.values()} - refused:
        found.setdefault(path.casefold(), []).append(path)
    return found


def _is_note(state: State, notes: dict[str, list[str]], path: str) -> bool:
    """Whether git means a paper note. Where the disk takes no notice of upper and lower case, git
    goes on to call a note by the name that it had first."""
    alike = notes.get(path.casefold(), [])
    root = state.vault.root
    return path in alike or any(_same_file(root / path, root / note) for note in alike)


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _settling(state: State, path: str) -> bool:
    """Whether the reader changed the note so lately that more may come (`git.settle`)."""
    try:
        changed = (state.vault.root / path).stat().st_mtime
    except OSError:
        return False
    if time.time() - changed >= state.vault.settings.git.settle:
        return False
    try:
        return state.vault.files.read(path).sha256 != state.vault.cache.get(path)
    except (Busy, Refused):
        return True


def _was_note(state: State, path: str) -> bool:
    """Whether kb once wrote a note there, and nothing is there now: it was moved or deleted."""
    return path in state.history.paths and not os.path.lexists(state.vault.root / path)


def message(state: State, changed: list[str]) -> str:
    """What a person would write: a line on the days, then the titles of the new notes."""
    report = state.report
    days = [day for day in report.days if day.outcome == "done" and report.settled]
    created = [action.path for action in report.actions if action.kind == "create"]
    lines = [_subject(days, report, changed)]
    if created:
        titles = [path.rpartition("/")[2].removesuffix(".md") for path in created]
        lines.append("\n".join(f"- {title}" for title in titles[:20]))
        if len(titles) > 20:
            lines[-1] += f"\n- and {len(titles) - 20} more"
    updated = [a for a in report.actions if a.kind in ("update", "adopt")]
    if updated:
        lines.append("\n".join(f"- {_title(a.path)}: {a.detail}" for a in updated[:20]))
    return "\n\n".join(lines) + f"\n\n{TRAILER}: {state.at}\n"


def _title(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")


def _subject(days: list[DayReport], report: Report, changed: list[str]) -> str:
    if report.created and len(days) == 1:
        day = days[0]
        return f"arXiv {day.day}: {report.created} of {day.scanned} papers kept"
    if report.created and days:
        scanned = sum(day.scanned for day in days)
        return f"arXiv {days[0].day} to {days[-1].day}: {report.created} of {scanned} papers kept"
    if report.created:
        return f"Add {report.created} paper notes"
    if report.updated:
        return f"Update {report.updated} paper note{'s' if report.updated > 1 else ''}"
    if days:
        return f"arXiv {days[-1].day}: nothing kept"
    if len(changed) == 1:
        return f"Update {_title(changed[0])}"
    return f"Update pages and notes ({len(changed)} files)"
