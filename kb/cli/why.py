"""`kb why`: the story of one paper."""

from __future__ import annotations

import json
from typing import Any

import click

from kb.cli import common
from kb.cli.opening import vault_at
from kb.errors import UsageError


@click.command("why")
@click.argument("paper", metavar="ID|URL")
@common
def command(paper: str, vault: str | None, as_json: bool, verbose: bool, quiet: bool) -> int:
    """All that is known of a paper: when it was announced, how it was judged, why it was kept or not."""
    from kb.core import status
    from kb.core.papers import parse_arxiv_id
    from kb.sync.state import Home

    try:
        arxiv_id = parse_arxiv_id(paper).id
    except ValueError as error:
        raise UsageError(str(error)) from None
    with vault_at(vault) as opened:
        history = opened.ledger.history()
        scan = opened.scan(Home(history))
        known = opened.cache.papers([arxiv_id]).get(arxiv_id)
        story = status.story(arxiv_id, history, scan.notes, known)
    if as_json:
        click.echo(json.dumps({"v": 1, "exit": 0} | story, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(story)))
    return 0


def _lines(story: dict[str, Any]) -> list[str]:
    lines = [f"{story['id']}  {story['title'] or '(title not in the cache)'}"]
    if story["authors"]:
        shown = ", ".join(story["authors"][:6])
        lines.append(f"  by {shown}" + (" and others" if len(story["authors"]) > 6 else ""))
    if story["announced"]:
        lines.append(f"  announced {story['announced']}  {' '.join(story['categories'])}".rstrip())
    for judged in story["judged"]:
        place = f", place {judged['place']} of {judged['of']}" if "place" in judged else ""
        lines.append(
            f"  judged by {judged['by']}: relevance {judged['relevance']},"
            f" novelty {judged['novelty']}{place}"
        )
        if judged["comment"]:
            lines.append(f"    {judged['comment']}")
    if why := story.get("provisional"):
        lines.append(f"  provisional: {why}")
    lines.append(f"  {story['decision']}")
    if story["note"]:
        lines.append(
            f"  note: {story['note']}" + (f" ({story['status']})" if story["status"] else "")
        )
    lines += [f"  updated: {update}" for update in story["updates"] if update]
    return lines
