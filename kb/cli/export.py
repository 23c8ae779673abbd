"""`kb export`: papers as citations, tables, feeds and digests."""

from __future__ import annotations

import contextlib
import os
import uuid
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli import common
from kb.cli.opening import vault_at
from kb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.core.exports.entries import Entry
    from kb.sync.exporting import Papers

FORMATS = ("bibtex", "csl", "csv", "jsonl", "atom", "digest")
DAY = click.DateTime(["%Y-%m-%d"])
_LARGEST = 1 << 30


@click.command("export")
@click.option("--format", "form", type=click.Choice(FORMATS), default="bibtex", show_default=True)
@click.option("--since", type=DAY, help="The first announcement day.")
@click.option("--until", type=DAY, help="The last announcement day.")
@click.option("--date", "day", type=DAY, help="That day alone.")
@click.option("--min-score", type=int, metavar="N", help="Relevance and novelty together.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="May be repeated.")
@click.option("--status", "statuses", multiple=True, metavar="WORD", help="May be repeated.")
@click.option(
    "--out",
    metavar="FILE",
    help="A file in place of stdout; of digests also a folder, for one file a day.",
)
@common
def command(
    form: str,
    since: datetime | None,
    until: datetime | None,
    day: datetime | None,
    min_score: int | None,
    topics: tuple[str, ...],
    statuses: tuple[str, ...],
    out: str | None,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Write out papers: citations, tables, an Atom feed, or a day as one Markdown file.

    Without --date, --since or --until a digest is that of the newest day. Nothing of the vault
    changes.
    """
    from kb.core.exports.entries import Choice
    from kb.sync.exporting import Papers

    if day is not None and (since or until):
        raise UsageError("--date says already which day; leave --since and --until out")
    choice = Choice(
        since=_day(day or since), until=_day(day or until), min_score=min_score, topics=topics,
        statuses=statuses,
    )  # fmt: skip
    with vault_at(vault) as opened:
        papers = Papers(opened)
        entries = papers.chosen(choice)
        if form == "digest":
            files = _digests(papers, entries, out, every=bool(day or since or until))
        else:
            files = [(Path(out) if out else None, _text(form, entries, opened.root))]
        for path, text in files:
            if path is None:
                click.echo(text.encode(), nl=False)
            else:
                _write(papers, path, text.encode())
    if out is not None and not quiet and not as_json:
        what = f"{len(files)} digests" if form == "digest" else f"{len(entries)} papers"
        click.echo(f"{what} written to {out}", err=True)
    return 0


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def _text(form: str, entries: Sequence[Entry], root: Path) -> str:
    from kb.core.exports import atom, bibtex, csl, records

    match form:
        case "bibtex":
            return bibtex.bibtex(entries)
        case "csl":
            return csl.csl(entries)
        case "csv":
            return records.csv_table(entries)
        case "jsonl":
            return records.json_lines(entries)
    name = root.resolve().name
    address = uuid.uuid5(uuid.NAMESPACE_URL, f"kb:{name}").urn
    return atom.atom(entries, title=f"Papers in {name}", address=address)


def _digests(
    papers: Papers, entries: Sequence[Entry], out: str | None, *, every: bool
) -> list[tuple[Path | None, str]]:
    days = sorted({entry.announced for entry in entries if entry.announced})
    if not days:
        raise UsageError("no paper with an announcement day is among those; there is no digest")
    if not every:
        entries = [entry for entry in entries if entry.announced == days[-1]]
    folder = out is not None and (out.endswith("/") or Path(out).is_dir())
    if every and len(days) > 1 and not folder:
        raise UsageError(
            f"a digest is of one day, and these are {len(days)}: name one with --date, or a folder"
            " with --out FOLDER/"
        )
    made = papers.digests(entries)
    if out is None or not folder:
        return [(Path(out) if out else None, text) for _, text in made]
    return [(Path(out) / f"arxiv-{day}.md", text) for day, text in made]


def _write(papers: Papers, path: Path, data: bytes) -> None:
    """The file, whole or not at all. In the vault never one of its notes, pages or settings."""
    vault = papers.vault
    root = vault.root.resolve()
    target = path.parent.resolve() / path.name
    if target.resolve().is_relative_to(root):
        target = target.resolve()
        inside = target.relative_to(root).as_posix()
        _check(papers, inside)
        with vault.lock():
            held = vault.files.find(inside, limit=_LARGEST)
            vault.files.write(inside, data, expect=held, urgent=True)
        return
    if target.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it")
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.{os.getpid()}.kb")
    try:
        with staged.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(target.resolve())
    finally:
        with contextlib.suppress(OSError):
            staged.unlink()


def _check(papers: Papers, inside: str) -> None:
    from kb.core.exports.marked import MARK

    vault = papers.vault
    taken = inside in vault.settings_files or vault.layout.owns(inside)
    taken = taken or any(part.startswith(".") for part in inside.split("/"))
    if not taken and inside in papers.scan:
        taken = not vault.files.head(inside, most=len(MARK)).startswith(MARK.encode())
    if taken:
        raise UsageError(f"{inside} belongs to the vault; choose another name with --out")
