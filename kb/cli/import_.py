"""`kb import`: notes from the lists somebody has."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kb.cli import common
from kb.cli.opening import arxiv, vault_at
from kb.cli.output import Bar, show_report
from kb.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kb.sources.lists.spool import Outline, Spool
    from kb.sync.importing import Tally

FORMS = ("digest", "markdown", "bibtex", "csl", "csv", "jsonl", "ids")
_SUFFIXES = {".md", ".markdown", ".txt", ".bib", ".bibtex", ".json", ".jsonl", ".csv", ".tsv"}
MOST = 64 * 1024 * 1024
"""Bytes of a file that may be a list."""


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--as", "form", type=click.Choice(FORMS), help="The format, where it is known.")
@click.option("--offline", is_flag=True, help="Ask arXiv nothing; what the files lack stays open.")
@click.option("--again", is_flag=True, help="Also papers whose notes you have deleted.")
@click.option("--topics", is_flag=True, help="Make the topics a digest prints your Topics.md.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--no-commit", is_flag=True, help="Write files, leave git alone.")
@common
def command(
    files: tuple[str, ...],
    form: str | None,
    offline: bool,
    again: bool,
    topics: bool,
    dry_run: bool,
    no_commit: bool,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Make notes from FILE...: digests, tables, reading lists, BibTeX, CSL JSON, CSV, ids.

    A folder stands for the files in it, - for standard input. Each format is recognised by itself.
    Notes that are there are completed, never overwritten; a second import changes nothing. Rows that
    name no arXiv paper or were not understood are told with file and line.
    """
    from kb import sync
    from kb.sources.lists.spool import Spool
    from kb.sync import importing

    bar = Bar(quiet=quiet)
    with vault_at(vault) as opened, Spool() as lists:
        unread = _read(files, form, lists)
        tally = importing.Tally()
        source = None if offline else arxiv(bar, sync.utc_now)
        try:
            report = sync.run(
                opened,
                sync.Options(intake=False, dry_run=dry_run, commit=not no_commit),
                progress=bar,
                work=partial(
                    importing.file_lists,
                    lists=lists,
                    arxiv=source,
                    tally=tally,
                    again=again,
                    topics=topics,
                ),
            )
        finally:
            bar.close()
            if source is not None:
                source.close()
        told = _problems(lists.outlines, unread, tally, offline=offline)
    report.problems = told + report.problems
    if unread and not report.person:
        where = ", ".join(problem.where for problem in unread)
        report.person = f"not imported: {where}"
    if as_json:
        counts = {"exit": report.exit, "import": _counts(lists.outlines, tally)}
        click.echo(json.dumps(report.as_json() | counts, ensure_ascii=False))
        return report.exit
    if not quiet:
        for line in _lines(lists.outlines, tally, dry_run=dry_run):
            click.echo(line)
    show_report(report, as_json=False, quiet=quiet, verbose=verbose, dry_run=dry_run)
    return report.exit


def _read(files: Iterable[str], form: str | None, lists: Spool) -> list[Problem]:
    """Adds the lists in the files, one after the other; gives back the files that are none. Raises
    UsageError for one that is not there."""
    from kb.sources.lists import NotAList, read_list

    unread: list[Problem] = []
    for name, path, named in _files(files):
        try:
            data = sys.stdin.buffer.read() if path is None else _bytes(path)
            lists.add(read_list(data, name, form=form))
        except NotAList as error:
            if named:
                unread.append(Problem(name, str(error)))
    return unread


def _bytes(path: Path) -> bytes:
    from kb.sources.lists import NotAList

    if path.stat().st_size > MOST:
        raise NotAList(f"{path.name} is larger than {MOST // 1024 // 1024} MiB")
    return path.read_bytes()


def _files(given: Iterable[str]) -> Iterator[tuple[str, Path | None, bool]]:
    """Name, path (None: standard input), and whether it was named itself."""
    for each in given:
        path = Path(each)
        if each == "-":
            yield "standard input", None, True
        elif path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if file.is_file() and file.suffix.lower() in _SUFFIXES and not hidden:
                    yield file.relative_to(path).as_posix(), file, False
        elif path.is_file():
            yield path.name, path, True
        else:
            raise UsageError(f"there is no file {each}")


def _problems(
    outlines: Iterable[Outline], unread: list[Problem], tally: Tally, *, offline: bool
) -> list[Problem]:
    told = [*unread, *(problem for outline in outlines for problem in outline.problems)]
    lacking = (
        "arXiv was not asked, and no list says its title" if offline else "arXiv does not know it"
    )
    told += [Problem(each, f"has no note: {lacking}") for each in tally.unmade]
    told += [Problem(each, "has a note that cannot be edited now") for each in tally.left]
    told += [
        Problem(each, "has no note, since you deleted it; --again brings it back")
        for each in tally.deleted
    ]
    return told


def _counts(outlines: Sequence[Outline], tally: Tally) -> dict[str, Any]:
    return {
        "files": [
            {"name": e.name, "form": e.form, "papers": e.papers, "rows": e.rows,
             "without": e.without, "odd": e.odd, "doubts": e.doubts,
             "mended": e.mended}
            for e in outlines
        ],
        "papers": tally.papers,
        "created": tally.created,
        "completed": tally.completed,
        "unchanged": tally.unchanged,
        "deleted": tally.deleted,
        "unmade": tally.unmade,
        "left": tally.left,
    }  # fmt: skip


def _lines(outlines: Sequence[Outline], tally: Tally, *, dry_run: bool) -> list[str]:
    lines = [f"{e.name}: {e.form}, {_file(e)}" for e in outlines]
    would = "would be " if dry_run else ""
    parts = [
        f"{tally.created} notes {would}made",
        f"{tally.completed} {would}completed",
        f"{tally.unchanged} had all",
        *(f"{len(e)} {what}" for e, what in
          ((tally.deleted, "deleted by you"), (tally.unmade, "without a title"),
           (tally.left, "left alone")) if e),
    ]  # fmt: skip
    return [*lines, f"{tally.papers} papers: " + ", ".join(parts)]


def _file(listing: Outline) -> str:
    told = ((listing.without, "rows without a paper"), (listing.odd, "rows not understood"),
            (listing.doubts, "doubts"), (listing.mended, "lines with mended characters"))  # fmt: skip
    return ", ".join(
        [
            f"{listing.papers} papers in {listing.rows} rows",
            *(f"{n} {what}" for n, what in told if n),
        ]
    )
