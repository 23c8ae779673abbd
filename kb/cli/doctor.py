"""`kb doctor`: named checks."""

from __future__ import annotations

import json

import click

from kb.cli import common
from kb.cli.opening import vault_at


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Mend what can be mended; removes the sample.")
@common
def command(fix: bool, vault: str | None, as_json: bool, verbose: bool, quiet: bool) -> int:
    """Check git, topics, template, notes, ledger, sample, leftovers and pages, each by name.

    Exit code 1 where a check fails. With --fix the sample's notes, leftovers of crashes and stale
    pages are put right first.
    """
    from kb import doctor

    with vault_at(vault) as opened:
        done = doctor.mend(opened) if fix else []
        checks = doctor.examine(opened)
    failed = [check for check in checks if not check.ok]
    if as_json:
        told = {"v": 1, "exit": 1 if failed else 0, "fixed": done, "checks": [
            {"name": c.name, "ok": c.ok, "detail": c.detail, "fix": c.fix} for c in checks
        ]}  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for line in done:
            click.echo(line)
        for check in checks if not quiet else failed:
            mark = "ok  " if check.ok else "FAIL"
            hint = f" (kb doctor --fix: {check.fix})" if check.fix else ""
            click.echo(f"{mark}  {check.name:<17} {check.detail}{hint}")
    return 1 if failed else 0
