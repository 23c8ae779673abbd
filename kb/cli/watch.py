"""`kb watch`: stay beside Obsidian."""

from __future__ import annotations

from pathlib import Path

import click

from kb.cli import common
from kb.cli.opening import arxiv
from kb.cli.output import Bar, show_report


@click.command("watch")
@click.option("--poll", is_flag=True, help="Look at the folder every second (network drives).")
@click.option("--once", is_flag=True, help="One pass as the watcher would run it, then leave.")
@click.option(
    "--log-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Log to FILE as well; it is kept below 1 MB, with five older ones beside it.",
)
@common
def command(
    poll: bool,
    once: bool,
    log_file: Path | None,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Keep pages right while notes change, and run the pass when arXiv's day is out.

    Stays until it is interrupted. One line a pass goes to stderr.
    """
    from kb import watch
    from kb.cli.logs import logged
    from kb.sync.options import utc_now
    from kb.vault.vault import find

    with logged(log_file, verbose=verbose, quiet=quiet):
        bar = Bar(quiet=quiet or not once)
        watcher = watch.Watcher(find(vault), arxiv=lambda: arxiv(bar, utc_now), poll=poll)
        if once:
            report = watcher.once()
            bar.close()
            show_report(report, as_json=as_json, quiet=quiet, verbose=verbose, dry_run=False)
            return report.exit
        watcher.run()
    return 0
