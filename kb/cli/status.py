"""`kb status`: how things stand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from kb.cli import common
from kb.cli.opening import vault_at

if TYPE_CHECKING:
    from kb.vault.vault import Vault

SHOWN_DAYS = 15


@click.command("status")
@click.option("--all", "all_days", is_flag=True, help=f"Every day, not the last {SHOWN_DAYS}.")
@click.option("--costs", is_flag=True, help="What models have cost, by day, month and model.")
@common
def command(
    all_days: bool, costs: bool, vault: str | None, as_json: bool, verbose: bool, quiet: bool
) -> int:
    """Days done and missing and why, notes by status, what was refused, the last pass."""
    from kb.core import status
    from kb.sync import sight
    from kb.sync.state import Home

    with vault_at(vault, forgiving=True) as opened:
        history = opened.ledger.history()
        scan = opened.scan(Home(history))
        sight.check(opened, history, scan, history.wrote)
        told: dict[str, Any] = {
            "v": 1,
            "exit": 0,
            "vault": str(opened.root),
            "days": status.days(history),
            "notes": status.notes(scan.notes.values()),
            "refused": [{"path": path, "why": why} for path, why in opened.cache.told().items()],
            "duplicates": [[listed.path, other.path] for listed, other in scan.duplicates],
            "recovered": opened.files.recovered(),
            "mistakes": [{"path": p.where, "why": p.why} for p in opened.mistakes()],
            "watcher": _watcher(opened),
            "provisional": status.provisional(history),
            "last_pass": history.passes[-1] if history.passes else None,
        }
        if costs:
            from kb.sync.judging.screening import losses

            told["costs"] = status.costs(history) | {"screens": losses(history)}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    elif costs:
        click.echo("\n".join(_costs(told["costs"], None if all_days else SHOWN_DAYS)))
    else:
        click.echo("\n".join(_lines(told, len(told["days"]) if all_days else SHOWN_DAYS)))
    return 0


def _costs(told: dict[str, Any], shown: int | None) -> list[str]:
    from kb.scorers.llm import prices

    if not told["models"]:
        return ["No model has been asked yet."]
    lines = [f"{'':<24}{'prompt':>12}{'cached':>12}{'completion':>12}{'total':>12}  cost"]
    for kind in ("day", "month", "model"):
        rows = told[f"{kind}s"]
        lines.append(f"By {kind}" + (" (UTC) on which it was spent" if kind == "day" else ""))
        lines += [
            f"  {row[kind]:<22}{row['prompt']:>12}{row['cached']:>12}{row['completion']:>12}"
            f"{row['total']:>12}  {row['price']}"
            for row in (rows[-shown:] if shown else rows)
        ]
    lines += [
        f"Asked of {row['model']}: {row['requests']} requests, {row['retries']} of them again;"
        f" {row['seconds']:.0f} s waited; {row['reasoning']} of the completion tokens for reasoning"
        for row in told["models"]
    ]
    lines += [
        f"Screened for {row['model']} on {row['days']} days: {row['sent']} of {row['papers']} papers sent,"
        f" {row['kept']} worth keeping among them; about {row['lost']:.1f} lost"
        f" ({row['share']:.1%}, from {row['sampled']} sent by chance)"
        for row in told["screens"]
    ]
    return [
        *lines,
        f"Prices are those of {prices.as_of()}, unless [llm.prices] in kb.toml says others",
    ]


def _watcher(vault: Vault) -> dict[str, Any]:
    """Whether one runs, since when, and what one did last."""
    from kb.vault.lock import VaultLock

    owner = VaultLock(vault.cache_folder, vault.root, role="watch").owner()
    at, _, did = (vault.cache.fact("watch") or "").partition(" ")
    since = datetime.fromtimestamp(owner.since, UTC) if owner else None
    return {
        "runs": owner is not None,
        "pid": owner.pid if owner else None,
        "since": f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else None,
        "last": {"at": at, "did": did} if at else None,
    }


def _lines(told: dict[str, Any], shown: int) -> list[str]:
    total = sum(told["notes"].values())
    by_status = ", ".join(f"{count} {status}" for status, count in told["notes"].items())
    lines = [f"{told['vault']}: {total} notes" + (f" ({by_status})" if total else "")]
    days = told["days"]
    if not days:
        lines.append("No day yet: run kb sync.")
    if len(days) > shown:
        lines.append(f"{len(days) - shown} earlier days (--all shows them)")
    for day in days[len(days) - min(shown, len(days)) :]:
        line = f"  {day['day']}  {day['outcome']:<8}"
        if day["outcome"] == "done":
            line += f"{day['announced']:5} announced {day['scanned']:5} scanned {day['relevant']:4} relevant"
        line += "  (sample)" if day["source"] == "sample" else ""
        lines.append(line + (f"  {day['why']}" if day["why"] else ""))
    if last := told["last_pass"]:
        lines.append(
            f"Last pass that changed something: {_readable(last['at'])},"
            f" {last['created']} notes created, {last['updated']} updated"
        )
    lines += [
        f"Provisional: {count} papers without a judgement of {model}; kb sync asks again."
        for model, count in told["provisional"].items()
    ]
    lines += _watcher_lines(told["watcher"])
    lines += [f"mistake: {each['path']}: {each['why']}" for each in told["mistakes"]]
    lines += [f"refused: {each['path']}: {each['why']}" for each in told["refused"]]
    lines += [f"same arxiv_id: {one} and {other}" for one, other in told["duplicates"]]
    lines += [f"recovered bytes of yours: {path}" for path in told["recovered"]]
    return lines


def _watcher_lines(told: dict[str, Any]) -> list[str]:
    lines = ["No watcher runs (kb watch, kb watch --install)."]
    if told["runs"]:
        lines = [f"A watcher runs since {_readable(told['since'])} (process {told['pid']})."]
    if last := told["last"]:
        lines[0] += f" It last did something {_readable(last['at'])}: {last['did']}."
    return lines


def _readable(at: str) -> str:
    return f"{at[:16].replace('T', ' ')} UTC"
