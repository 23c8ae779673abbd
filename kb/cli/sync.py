"""`kb sync`: one pass."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import Literal

import click

from kb.cli import common
from kb.cli.opening import arxiv, vault_at
from kb.cli.output import Bar, show_report
from kb.errors import UsageError

DAY = click.DateTime(["%Y-%m-%d"])


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


@click.command("sync")
@click.option(
    "--feed", metavar="FILE|DIR|-|sample", help="Papers from saved feeds, not from arXiv."
)
@click.option("--date", "day", type=DAY, help="The announcement day of every record of the feed.")
@click.option("--since", type=DAY, help="The first announcement day.")
@click.option("--until", type=DAY, help="The last announcement day.")
@click.option(
    "--scorer",
    type=click.Choice(["auto", "local", "llm"]),
    default="auto",
    help="Who judges; auto: a model where there is a key.",
)
@click.option(
    "--max-cost",
    metavar="USD",
    type=click.FloatRange(min=0),
    help="Spend no more than this on a model.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--no-commit", is_flag=True, help="Write files, leave git alone.")
@click.option(
    "--accept-deletions", is_flag=True, help="Many notes are missing because I deleted them."
)
@click.option(
    "--last-good",
    is_flag=True,
    help="Where a file of settings has a mistake, go on with its last version without one.",
)
@common
def command(
    feed: str | None,
    day: datetime | None,
    since: datetime | None,
    until: datetime | None,
    scorer: Literal["auto", "local", "llm"],
    max_cost: float | None,
    dry_run: bool,
    no_commit: bool,
    accept_deletions: bool,
    last_good: bool,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """One pass: fetch what arXiv announced, judge it, write notes and pages, commit.

    Days that were missed are filled in. A second pass changes nothing.
    """
    from kb import sync

    if day is not None and feed is None:
        raise UsageError(
            "--date belongs to --feed: arXiv says itself on which day it announced what"
        )
    options = sync.Options(
        feed=feed,
        day=_day(day),
        since=_day(since),
        until=_day(until),
        scorer=scorer,
        max_cost=max_cost,
        dry_run=dry_run,
        commit=not no_commit,
        accept_deletions=accept_deletions,
        stdin=sys.stdin.buffer if feed == "-" else None,
    )
    bar = Bar(quiet=quiet)
    with vault_at(vault, forgiving=last_good) as opened:
        try:
            source = arxiv(bar, sync.utc_now) if feed is None else None
            report = sync.run(opened, options, progress=bar, arxiv=source, memory=sync.Memory())
        finally:
            bar.close()
    show_report(report, as_json=as_json, quiet=quiet, verbose=verbose, dry_run=dry_run)
    return report.exit
