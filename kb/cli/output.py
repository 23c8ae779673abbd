"""Progress and reports on a terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from kb.core.costs import money

if TYPE_CHECKING:
    from kb.core.report import DayReport, Report


class Bar:
    """Shows long steps on stderr when that is a terminal; else says nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self.shown = not quiet and sys.stderr.isatty()
        self._step = ""
        self._bar: Any = None
        self._at = 0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if not self.shown:
            return
        if step != self._step:
            self.close()
            self._step, self._at = step, 0
            if total:
                self._bar = click.progressbar(length=total, label=f"{step:<10}", file=sys.stderr)
                self._bar.__enter__()
            else:
                click.echo(f"{step} …", err=True)
        if self._bar is not None and done > self._at:
            self._bar.update(done - self._at)
            self._at = done

    def close(self) -> None:
        """Ends the line of the step that was last shown."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar, self._step = None, ""


def show_report(
    report: Report, *, as_json: bool, quiet: bool, verbose: bool, dry_run: bool
) -> None:
    """A summary on stdout (or the JSON object), details on stderr."""
    if verbose or dry_run:
        for action in report.actions:
            click.echo(f"{'would ' if dry_run else ''}{action}", err=as_json or not dry_run)
    if not quiet:
        for problem in [*report.problems, *report.refused]:
            click.echo(f"kb: {problem}", err=True)
        for problem in report.deferred:
            click.echo(f"kb: {problem} (left for the next pass)", err=True)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
    elif not quiet:
        for line in summary(report, dry_run=dry_run):
            click.echo(line)
    if report.mistake:
        click.echo(f"kb: {report.mistake}", err=True)
    if report.person:
        click.echo(f"kb: {report.person}", err=True)
    if report.later:
        click.echo(f"kb: {report.later}; try again later", err=True)


def summary(report: Report, *, dry_run: bool) -> list[str]:
    """A few lines for a person: the days, what was written, the commit."""
    lines = [day_line(day) for day in report.days[-30:]]
    if len(report.days) > 30:
        lines.insert(0, f"{len(report.days) - 30} earlier days")
    parts = []
    if report.created:
        parts.append(f"{report.created} notes created" if report.created > 1 else "1 note created")
    if report.updated:
        parts.append(f"{report.updated} updated")
    if report.pages:
        parts.append(f"{report.pages} pages written" if report.pages > 1 else "1 page written")
    if report.backlog:
        parts.append(f"{report.backlog} papers of earlier days read as background")
    if report.refused:
        parts.append(f"{len(report.refused)} files refused")
    if report.deferred:
        parts.append(f"{len(report.deferred)} files left for the next pass")
    if total := report.tokens[0] + report.tokens[2]:
        price = "price unknown" if report.usd is None else money(report.usd)
        parts.append(f"{total} tokens ({price})")
    if report.commit:
        parts.append(f"commit {report.commit[:10]}")
    said = ", ".join(parts) or "nothing to do"
    return [*lines, f"Would be: {said}" if dry_run else said[:1].upper() + said[1:] + "."]


def day_line(day: DayReport) -> str:
    """`Thu 2025-03-06  done     442 announced  236 scanned  17 relevant`."""
    label = f"{day.day:%a} {day.day}  {day.outcome:<7}"
    if day.outcome == "done":
        sample = "  (sample)" if day.source == "sample" else ""
        label += f" {day.announced:5} announced {day.scanned:5} scanned {day.relevant:4} relevant{sample}"
    return label + (f"  {day.why}" if day.why else "")
