"""`kb score`: judge papers again, with a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kb.cli import common
from kb.cli.opening import arxiv, vault_at
from kb.cli.output import Bar, show_report
from kb.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime


@click.command("score")
@click.argument("papers", metavar="[ID|URL]...", nargs=-1)
@click.option("--provisional", is_flag=True, help="Those that still wait for a model.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="All papers of the days since then."
)
@click.option("--all", "everything", is_flag=True, help="All papers of all days.")
@click.option("--notes", is_flag=True, help="Reading notes into their notes instead.")
@click.option("--summaries", is_flag=True, help="Summaries into their notes instead.")
@click.option(
    "--month", "months", type=click.DateTime(["%Y-%m"]), multiple=True, metavar="YYYY-MM",
    help="An overview of the month, for its page.",
)  # fmt: skip
@click.option(
    "--batch",
    is_flag=True,
    help="Through the provider's queue, at half the price; a later pass collects.",
)
@click.option("--max-cost", metavar="USD", type=click.FloatRange(min=0), help="Spend no more.")
@click.option("--dry-run", is_flag=True, help="Say what it would take, ask nothing.")
@click.option("--no-commit", is_flag=True, help="Write files, leave git alone.")
@common
def command(
    papers: tuple[str, ...],
    provisional: bool,
    since: datetime | None,
    everything: bool,
    notes: bool,
    summaries: bool,
    months: tuple[datetime, ...],
    batch: bool,
    max_cost: float | None,
    dry_run: bool,
    no_commit: bool,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Have a model judge papers again, or write reading notes, summaries and overviews.

    What it has judged already, in this version and by this prompt, is not paid for twice. Notes follow;
    papers that reach the cutoffs only now get one.
    """
    from kb import sync
    from kb.core.papers import parse_arxiv_id

    if not (papers or provisional or since or everything or months):
        raise UsageError(
            "name papers, or say --provisional, --since DATE or --all; or a month with --month"
        )
    for word, said in (("--notes", notes), ("--summaries", summaries), ("--month", months)):
        if said and batch:
            raise UsageError(
                f"{word} and --batch exclude each other: the queue takes judgements only"
            )
    try:
        ids = tuple(parse_arxiv_id(paper).id for paper in papers)
    except ValueError as error:
        raise UsageError(str(error)) from None
    selection = sync.Selection(
        ids=ids,
        provisional=provisional,
        since=since.date() if since else None,
        everything=everything,
        notes=notes,
        summaries=summaries,
        months=tuple((month.year, month.month) for month in months),
        batch=batch,
    )
    options = sync.Options(
        intake=False,
        score=selection,
        max_cost=max_cost,
        dry_run=dry_run,
        commit=not no_commit,
    )
    bar = Bar(quiet=quiet)
    with vault_at(vault) as opened:
        try:
            report = sync.run(opened, options, progress=bar, arxiv=arxiv(bar, sync.utc_now))
        finally:
            bar.close()
    show_report(report, as_json=as_json, quiet=quiet, verbose=verbose, dry_run=dry_run)
    return report.exit
