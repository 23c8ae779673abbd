"""`kb init`: a vault."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kb.cli import common


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be added, write nothing.")
@click.option(
    "--join", is_flag=True, help="Let kb know the notes on papers that you have by properties."
)
@click.option("--root", metavar="FOLDER", help="Put kb's own files below this folder of the vault.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="CAT",
    help="An arXiv category; may be repeated.",
)
@common
def command(
    path: Path | None,
    dry_run: bool,
    join: bool,
    root: str | None,
    categories: tuple[str, ...],
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Make a vault at PATH, or add what is missing to the one that is there.

    Nothing that exists is replaced. In a vault you already have, kb's files go below arXiv/. The
    vault gets a repository of its own unless it lies in one. With --join notes that are on one arXiv
    paper, by whatever property, get the properties kb knows papers by; what they hold stays.
    """
    from kb import init

    target = path or Path(vault or ".")
    made = init.run(target, root=root, categories=categories or None, dry_run=dry_run, join=join)
    plan = made.plan
    if as_json:
        told = {
            "v": 1,
            "exit": 0,
            "path": str(target.resolve()),
            "root": plan.root,
            "links": plan.links,
            "files": [file.path for file in plan.files],
            "merged": [{"path": m.path, "keys": list(m.added)} for m in plan.merges],
            "notes": list(plan.notes),
            "joined": list(made.joined) if join else [],
            "could_join": made.unjoined,
            "repository": made.repository,
            "commit": made.commit,
            "problems": list(made.problems),
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return 0
    would = "would " if dry_run else ""
    if dry_run or verbose:
        for file in plan.files:
            click.echo(f"{would}add {file.path} ({file.why})")
        for merge in plan.merges:
            click.echo(f"{would}add to {merge.path}: {', '.join(merge.added)}")
        for line in made.joined if join else ():
            click.echo(f"{would}join {line}")
    for note in (*plan.notes, *made.problems):
        click.echo(f"kb: {note}", err=True)
    if made.unjoined and not join:
        click.echo(
            f"kb: {made.unjoined} notes here are on arXiv papers; `kb init --join --dry-run` shows what"
            " kb would add to them, `kb init --join` does it",
            err=True,
        )
    if not quiet and join:
        click.echo(f"{len(made.joined)} notes on papers {'would be ' if dry_run else ''}joined.")
    if not quiet:
        click.echo(_last_line(target, dry_run, plan.is_empty, len(plan.files), made.repository))
    return 0


def _last_line(target: Path, dry_run: bool, empty: bool, files: int, repository: str) -> str:
    if empty:
        return f"{target} is a vault of kb already; nothing is missing."
    verb = "Would put" if dry_run else "Put"
    where = {"new": "a repository of its own", "joined": "the repository around it"}
    said = where.get(repository, "no repository")
    return f"{verb} {files} files into {target}, in {said}. Edit Topics.md, then run: kb sync --vault {target}"
