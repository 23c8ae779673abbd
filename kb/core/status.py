"""How things stand, and the story of one paper: read off ledger and notes, for `kb status` and `kb why`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kb.core import pages
from kb.core.assessments import Assessment, Cutoffs, keep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kb.core.history import Day, History
    from kb.core.notes import Note
    from kb.core.papers import Paper


def days(history: History) -> list[dict[str, Any]]:
    """Every day of the ledger and every weekday that is missing from it, in order."""
    told = [
        {"day": day.day.isoformat(), "outcome": day.outcome, "announced": day.announced,
         "scanned": day.scanned, "relevant": day.relevant, "why": day.why, "source": day.source}
        for day in history.days.values()
    ]  # fmt: skip
    told += [
        {"day": day.isoformat(), "outcome": "missing", "announced": 0, "scanned": 0, "relevant": 0,
         "why": why, "source": ""}
        for day, why in pages.gaps(history)
        if (day, "") not in history.days
    ]  # fmt: skip
    return sorted(told, key=lambda day: (day["day"], day["source"]))


def notes(listed: Iterable[Note]) -> dict[str, int]:
    """How many notes have which status; those without one count as unread."""
    return dict(sorted(Counter(note.status or "unread" for note in listed).items()))


def story(
    arxiv_id: str, history: History, by_id: Mapping[str, Note], paper: Paper | None
) -> dict[str, Any]:
    """All that is known of one paper. `decision` says in a sentence why it was kept or not."""
    note = by_id.get(arxiv_id)
    day = history.day_of(arxiv_id)
    told: dict[str, Any] = {
        "id": arxiv_id,
        "title": paper.title if paper else (note.title if note else None),
        "authors": list(paper.authors) if paper else list(note.texts("authors")) if note else [],
        "categories": list(paper.categories) if paper else [],
        "announced": day.day.isoformat() if day else _seen(history, arxiv_id),
        "note": note.path if note else None,
        "status": note.status if note else None,
        "judged": [],
        "updates": list(history.updates.get(arxiv_id, ())),
        "decision": _decision(arxiv_id, history, day, note),
    }
    if day and arxiv_id in day.scores:
        relevance, novelty = day.scores[arxiv_id]
        topics, comment = day.reasons.get(arxiv_id, ((), ""))
        place = sorted(day.scores, key=lambda i: (-day.scores[i][0], -sum(day.scores[i]), i))
        told["judged"].append(
            {"by": day.by, "relevance": relevance, "novelty": novelty, "topics": list(topics),
             "comment": comment, "place": place.index(arxiv_id) + 1, "of": len(place)}
        )  # fmt: skip
    told["judged"] += [
        {"by": r.get("by"), "relevance": r.get("r"), "novelty": r.get("n"),
         "topics": r.get("topics", []), "comment": r.get("comment", "")}
        for r in history.judged.get(arxiv_id, [])
    ]  # fmt: skip
    return told


def _seen(history: History, arxiv_id: str) -> str | None:
    day = history.seen_on(arxiv_id)
    return day.isoformat() if day else None


def _decision(arxiv_id: str, history: History, day: Day | None, note: Note | None) -> str:
    if arxiv_id in history.dropped:
        return f"its note was removed {history.gone[arxiv_id][:10]}: it fell below the cutoffs"
    if note is not None and not note.kept:
        return "it fell below the cutoffs; its note stays, since you have used it"
    if arxiv_id in history.gone:
        return f"its note was deleted (seen {history.gone[arxiv_id][:10]}) and stays deleted"
    if note is not None and day is not None and arxiv_id in day.kept:
        return f"kept, filed on {day.day}"
    if note is not None:
        return "it has a note that is not from a day's selection"
    if day is None:
        if history.seen_on(arxiv_id):
            return "read as background before the first pass, not filed"
        return "never seen: no pass met it in your categories"
    if arxiv_id in day.outside:
        return f"listed on {day.day}, but outside your categories ({', '.join(day.categories)})"
    if arxiv_id in day.kept:
        return f"kept on {day.day}, but its note is not in the vault"
    return "left out: " + _reason(arxiv_id, day)


def _reason(arxiv_id: str, day: Day) -> str:
    cutoffs = Cutoffs(
        relevance=int(day.cutoffs.get("relevance", 7)), per_day=int(day.cutoffs.get("per_day", 0))
    )
    judged = [
        Assessment(id=i, relevance=r, novelty=n, by=day.by or "local")
        for i, (r, n) in day.scores.items()
    ]
    _, left_out = keep(judged, cutoffs)
    return left_out.get(arxiv_id, "the cutoffs of that day")
