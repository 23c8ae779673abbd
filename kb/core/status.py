"""How things stand, and the story of one paper: read off ledger and notes, for `kb status` and `kb why`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kb.core import pages
from kb.core.assessments import Assessment, Cutoffs, keep, of_record, reason_left_out
from kb.core.costs import Cost

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
    if day and (why := history.waiting(day).get(arxiv_id)):
        told["provisional"] = f"{day.model}: {why}"
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
    return "left out: " + _reason(arxiv_id, day, history)


def _reason(arxiv_id: str, day: Day, history: History) -> str:
    cutoffs = Cutoffs(
        relevance=int(day.cutoffs.get("relevance", 7)), novelty=int(day.cutoffs.get("novelty", 0)),
        per_day=int(day.cutoffs.get("per_day", 0)),
    )  # fmt: skip
    if record := history.judged_by_model(arxiv_id):
        why = reason_left_out(of_record(record), cutoffs)
        return why or f"the day's limit of {cutoffs.per_day} was reached by better ones"
    if day.model and day.screens and arxiv_id not in day.waiting:
        return f"it stands in the local order behind the papers that were sent to {day.model}"
    judged = [
        Assessment(id=i, relevance=r, novelty=n, by=day.by or "local")
        for i, (r, n) in day.scores.items()
    ]
    _, left_out = keep(judged, cutoffs)
    return left_out.get(arxiv_id, "the cutoffs of that day")


def provisional(history: History) -> dict[str, int]:
    """How many papers wait for which model."""
    counts: Counter[str] = Counter()
    for day in history.real_days():
        counts[day.model] += len(history.waiting(day))
    return {model: count for model, count in sorted(counts.items()) if count}


def costs(history: History) -> dict[str, list[dict[str, Any]]]:
    """What models have cost: by the day (UTC) on which it was spent, by month, and by model."""
    by: dict[str, dict[str, Cost]] = {"days": {}, "months": {}, "models": {}}
    for (day, model), cost in sorted(history.costs.items()):
        for kind, key in (("days", day), ("months", day[:7]), ("models", model)):
            by[kind][key] = by[kind].get(key, Cost()) + cost
    name = {"days": "day", "months": "month", "models": "model"}
    return {
        kind: [
            {name[kind]: key, **cost.as_json(), "price": cost.price()}
            for key, cost in found.items()
        ]
        for kind, found in by.items()
    }
