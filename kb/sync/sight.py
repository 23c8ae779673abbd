"""Losing sight is not deleting: where far too much is gone at once, kb stops and asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import whereabouts
from kb.errors import KbError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kb.core.history import History
    from kb.vault.scan import Scan
    from kb.vault.vault import Vault

_ANSWER = (
    "so nothing was done. Bring the folder back (an unmounted disk, an unfinished sync?), or, if you"
    " deleted them, run `kb sync --accept-deletions`"
)


def missing(history: History, scan: Scan, among: Iterable[str]) -> list[str]:
    """Papers whose note kb wrote and that is nowhere in the vault any more.

    None where there are names that cannot be read: one of them may be such a note's.
    """
    if scan.nameless:
        return []
    traced = scan.traced
    return [
        arxiv_id
        for arxiv_id in whereabouts.vanished(history, scan.notes, among)
        if arxiv_id not in traced and not scan.is_unclear(history.wrote[arxiv_id].path)
    ]


def check(
    vault: Vault, history: History, scan: Scan, among: Iterable[str], *, pages: bool = True
) -> None:
    """Raises KbError where many notes have vanished since the last pass, or a folder with all that
    kb knew in it. `among`: papers of which something may have changed since; `pages`: whether pages
    may have vanished."""
    gone, known = missing(history, scan, among), len(history.wrote)
    if whereabouts.too_many_vanished(len(gone), known):
        raise KbError(f"{len(gone)} of {known} notes have vanished since the last pass, {_ANSWER}")
    if not gone and not pages:
        return
    for folder, lost in lost_folders(vault, history, scan, gone):
        raise KbError(
            f"{folder} is gone or empty, and {len(lost)} files were in it at the last pass, {_ANSWER}"
        )


def lost_folders(
    vault: Vault, history: History, scan: Scan, gone: Iterable[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Folders in which kb wrote more than a few files and that hold none now, with the paths. `gone`
    are the papers whose notes are missing."""
    settings = vault.settings
    papers = settings.at(settings.folders.papers.partition("{")[0].strip("/"))
    wrote = [history.wrote[arxiv_id].path for arxiv_id in gone]
    for folder, known in [
        (papers, wrote),
        *((page, vault.cache.written(f"{page}/")) for page in vault.layout.folders),
    ]:
        lost = tuple(_below(folder, known))
        if whereabouts.too_many_vanished(len(lost), len(lost)) and not any(
            _below(folder, scan.paths())
        ):
            yield folder, lost


def _below(folder: str, paths: Iterable[str]) -> Iterator[str]:
    return (path for path in paths if not folder or path.startswith(f"{folder}/"))
