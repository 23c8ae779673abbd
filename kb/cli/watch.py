"""`kb watch`: stay beside Obsidian."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli import common
from kb.cli.opening import arxiv, vault_at
from kb.cli.output import Bar, show_report

if TYPE_CHECKING:
    from kb.service import Outcome, Service


@click.command("watch")
@click.option("--poll", is_flag=True, help="Look at the vault every few seconds (network drives).")
@click.option("--once", is_flag=True, help="One pass as the watcher would run it, then leave.")
@click.option("--install", is_flag=True, help="Run it as a service of yours from now on.")
@click.option("--uninstall", is_flag=True, help="End and remove that service.")
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
    install: bool,
    uninstall: bool,
    log_file: Path | None,
    vault: str | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Keep pages right while notes change, and run the pass when arXiv's day is out.

    Stays until it is interrupted. One line a pass goes to stderr. With --install systemd starts it
    for you at login; on macOS and Windows the lines are printed that do the same there.
    """
    from kb.errors import UsageError

    if sum((once, install, uninstall)) > 1:
        raise UsageError("--once, --install and --uninstall exclude each other; name one of them")
    if install:
        return _install(vault, log_file, poll=poll, as_json=as_json, quiet=quiet)
    if uninstall:
        return _uninstall(vault, as_json=as_json, quiet=quiet)

    from kb import sync, watch
    from kb.cli.logs import logged
    from kb.vault.vault import find

    with logged(log_file, verbose=verbose, quiet=quiet):
        if not once:
            watch.Watcher(find(vault), poll=poll).run()
            return 0
        bar = Bar(quiet=quiet)
        with vault_at(vault, forgiving=True) as opened:
            try:
                source = arxiv(bar, sync.utc_now)
                report = sync.run(opened, sync.Options(), progress=bar, arxiv=source)
            finally:
                bar.close()
    show_report(report, as_json=as_json, quiet=quiet, verbose=verbose, dry_run=False)
    return report.exit


def _install(
    vault: str | None, log_file: Path | None, *, poll: bool, as_json: bool, quiet: bool
) -> int:
    from kb import config, service
    from kb.vault.vault import CONFIG, find

    root = find(vault)
    config.load(root / CONFIG)  # a service that ends at once helps nobody
    wanted = service.describe(root, log=log_file, poll=poll)
    outcome = service.install(wanted, root, platform=sys.platform)
    return _show(outcome, _installed(outcome, wanted), wanted, as_json=as_json, quiet=quiet)


def _uninstall(vault: str | None, *, as_json: bool, quiet: bool) -> int:
    from kb import service
    from kb.errors import UsageError
    from kb.vault.vault import find

    try:
        root = find(vault)
    except UsageError:  # the vault may be gone, or no vault any more
        named = vault or os.environ.get("KB_VAULT")
        if not named:
            raise
        root = Path(named).expanduser().resolve()
    outcome = service.uninstall(root, platform=sys.platform)
    return _show(outcome, _removed(outcome), None, as_json=as_json, quiet=quiet)


def _installed(outcome: Outcome, wanted: Service) -> list[str]:
    if outcome.kind == "recipe":
        return outcome.recipe.splitlines()
    did = {"made": "Made", "replaced": "Replaced", "same": "Already there:"}[outcome.kind]
    if outcome.problem:
        return [f"{did} {outcome.unit}", *outcome.recipe.splitlines()]
    unit = outcome.unit.name if outcome.unit else ""
    lines = [
        f"{did} {outcome.unit}; it runs now, and from each login on.",
        f"Its log: {wanted.log}, or: journalctl --user -u {unit}",
        "It ends when you log out; to have it run from boot on: loginctl enable-linger",
        f"A key goes into {wanted.secrets}, as a line OPENAI_API_KEY=... (chmod 600)",
        f"After that, and after an update of kb: systemctl --user restart {unit}",
    ]
    lines += [
        f"{name} may hold a secret, so it was not written down; put it into {wanted.secrets}"
        for name in wanted.withheld
    ]
    return lines


def _removed(outcome: Outcome) -> list[str]:
    if outcome.kind == "recipe":
        return outcome.recipe.splitlines()
    if outcome.kind == "absent":
        return [f"Nothing to remove: there is no service {outcome.name}."]
    return [f"Removed {outcome.unit}."]


def _show(
    outcome: Outcome, lines: list[str], wanted: Service | None, *, as_json: bool, quiet: bool
) -> int:
    code = 1 if outcome.problem else 0
    if outcome.problem:
        what = (
            "may still run until you log out" if outcome.kind == "removed" else "does not run yet"
        )
        click.echo(f"kb: {outcome.name} {what}: {outcome.problem}", err=True)
    if as_json:
        problems = [{"where": outcome.name, "why": outcome.problem}] if outcome.problem else []
        told = {
            "v": 1,
            "exit": code,
            "service": outcome.name,
            "outcome": outcome.kind,
            "unit": str(outcome.unit) if outcome.unit else None,
            "log": wanted.log if wanted else None,
            "withheld": list(wanted.withheld) if wanted else [],
            "recipe": outcome.recipe or None,
            "problems": problems,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    elif not quiet or outcome.kind == "recipe":
        click.echo("\n".join(lines))
    return code
