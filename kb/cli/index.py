"""`kb index`: pages rendered again."""

from __future__ import annotations

import click

from kb.cli import common
from kb.cli.opening import vault_at
from kb.cli.output import Bar, show_report


@click.command("index")
@click.option("--check", is_flag=True, help="Only look: exit 1 where a page is stale.")
@click.option("--no-commit", is_flag=True, help="Write files, leave git alone.")
@common
def command(
    check: bool, no_commit: bool, vault: str | None, as_json: bool, verbose: bool, quiet: bool
) -> int:
    """Bring every page in step with the notes and the ledger; ticked tasks reach their notes.

    With --check nothing is written, and the exit code is 1 where a page is stale.
    """
    from kb import sync

    bar = Bar(quiet=quiet)
    options = sync.Options(intake=False, dry_run=check, commit=not no_commit)
    with vault_at(vault) as opened:
        try:
            report = sync.run(
                opened, options, progress=bar, memory=sync.Memory() if check else None
            )
        finally:
            bar.close()
    show_report(report, as_json=as_json, quiet=quiet, verbose=verbose, dry_run=check)
    stale = [action for action in report.actions if action.kind in ("page", "update", "remove")]
    return 1 if check and stale else report.exit
