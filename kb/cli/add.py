"""`kb add`: notes at once for papers named by hand."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from kb.cli import common
from kb.cli.opening import arxiv, vault_at
from kb.cli.output import Bar, show_report
from kb.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kb.sync.adding import Added


@click.command("add")
@click.argument("papers", metavar="ID|URL|DOI...", nargs=-1, required=True)
@click.option("--rate", type=click.IntRange(1, 5), help="Your rating, 1 to 5.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="A topic; may be repeated.")
@click.option("--open", "to_open", is_flag=True, help="Show the notes in Obsidian.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--no-commit", is_flag=True, help="Write files, leave git alone.")
@common
def command(
    papers: tuple[str, ...],
    rate: int | None,
    topics: tuple[str, ...],
    to_open: bool,
    dry_run: bool,
    no_commit: bool,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Make a note at once for each paper: by id, by an address that names one, or by arXiv's DOI.

    With - the papers are read from standard input. Papers that were left out before keep their
    history, deleted notes come back. What arXiv does not know is told, and the others go on.
    """
    from kb import sync
    from kb.sync import adding

    ids, problems = _ids(papers)
    bar = Bar(quiet=quiet)
    added = adding.Added()
    with vault_at(vault) as opened:
        source = arxiv(bar, sync.utc_now)
        try:
            report = sync.run(
                opened,
                sync.Options(intake=False, dry_run=dry_run, commit=not no_commit),
                progress=bar,
                work=partial(
                    adding.add, ids=ids, wish=adding.Wish(rating=rate, topics=topics),
                    arxiv=source, added=added,
                ),
            )  # fmt: skip
        finally:
            bar.close()
            source.close()
        root = opened.root.resolve()
    problems += [Problem(each, "arXiv knows no such paper") for each in added.unknown]
    report.problems = problems + report.problems
    if problems and not report.person:
        report.person = f"not added: {', '.join(problem.where for problem in problems)}"
    addresses = {i: _address(root, path) for i, (path, _) in added.notes.items()}
    if as_json:
        told = [
            {"id": i, "path": path, "outcome": what, "open": addresses[i]}
            for i, (path, what) in added.notes.items()
        ]
        added_to = {"exit": report.exit, "added": told}
        click.echo(json.dumps(report.as_json() | added_to, ensure_ascii=False))
        return report.exit
    for line in _lines(added, addresses if to_open else {}):
        click.echo(line)
    show_report(report, as_json=False, quiet=quiet, verbose=verbose, dry_run=dry_run)
    if to_open and not dry_run and sys.stdout.isatty():
        for address in addresses.values():
            click.launch(address)
    return report.exit


def _ids(papers: Iterable[str]) -> tuple[list[str], list[Problem]]:
    """The ids in the words, each once, and the words that hold none."""
    from kb.core.papers import parse_arxiv_id
    from kb.sources.lists import NotAList, read_list

    ids: dict[str, None] = {}
    problems: list[Problem] = []
    for word in papers:
        try:
            if word == "-":
                listing = read_list(sys.stdin.buffer.read(), "standard input", form="ids")
                ids.update(dict.fromkeys(listing.ids))
                problems += [*listing.without, *listing.odd]
            else:
                ids[parse_arxiv_id(word).id] = None
        except NotAList as error:
            problems.append(Problem("standard input", str(error)))
        except ValueError as error:
            problems.append(Problem(word, _why(word, str(error))))
    return list(ids), problems


def _why(word: str, error: str) -> str:
    if "10." in word and "/" in word:
        return "is the DOI of a journal, which names no arXiv paper; give its arXiv id"
    return (error.partition(" is ")[2] and f"is {error.partition(' is ')[2]}") or error


def _address(root: Path, path: str) -> str:
    return f"obsidian://open?path={quote(str(root / path), safe='')}"


def _lines(added: Added, addresses: dict[str, str]) -> list[str]:
    words = {"created": "", "joined": " (your note, joined)", "changed": " (changed)",
             "there": " (was there)"}  # fmt: skip
    lines = []
    for arxiv_id, (path, what) in added.notes.items():
        lines.append(f"{arxiv_id}  {path}{words[what]}")
        if arxiv_id in addresses:
            lines.append(addresses[arxiv_id])
    return lines
