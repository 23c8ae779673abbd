"""`kb undo`: the last pass taken back."""

from __future__ import annotations

import json

import click

from kb.cli import common
from kb.cli.opening import vault_at


@click.command("undo")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@common
def command(dry_run: bool, vault: str | None, as_json: bool, verbose: bool, quiet: bool) -> int:
    """Revert the last pass by a commit of its own.

    Notes it made are removed where you have not touched them, and do not come back by themselves;
    the days stay accounted for. Run it again to undo the pass before.
    """
    from kb import undo

    with vault_at(vault) as opened:
        recorded, report = undo.run(opened, dry_run=dry_run)
    removed = [action for action in report.actions if action.kind == "remove"]
    for problem in [*report.problems, *report.refused, *report.deferred]:
        click.echo(f"kb: {problem}", err=True)
    if as_json:
        told: dict[str, object] = {
            "v": 1,
            "exit": report.exit,
            "person": report.person or None,
            "undone": recorded.sha,
            "subject": recorded.subject,
        }
        told |= {"removed": [a.path for a in removed], "commit": report.commit,
                 "problems": [str(p) for p in report.problems]}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
        return report.exit
    if verbose or dry_run:
        for action in report.actions:
            click.echo(f"{'would ' if dry_run else ''}{action}")
    if not quiet:
        would = "Would undo" if dry_run else "Undone"
        click.echo(
            f"{would}: {recorded.subject} ({len(removed)} files removed, {report.updated} notes set back)"
        )
    if report.person:
        click.echo(f"kb: {report.person}", err=True)
    return report.exit
