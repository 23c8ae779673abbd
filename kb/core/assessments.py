"""What a scorer thinks of a paper, and which papers are kept for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kb.core.papers import id_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOCAL = "local"
UNNAMED = "digest"
"""By whom a digest was judged that names no model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Relevance and novelty (1-10; 0 where nobody has judged it), why, and by whom."""

    id: str
    relevance: int
    novelty: int
    topics: tuple[str, ...] = ()
    """Names from Topics.md, the best match first."""
    comment: str = ""
    """One line for a person: the topics and words that matched."""
    summary: str = ""
    """At most 40 words on one line."""
    long: str = ""
    """The same in at most 150 words, for the note; empty where nobody has said more."""
    by: str = LOCAL
    """`local` or the model's name."""
    followed: tuple[str, ...] = ()
    """Followed authors among the paper's authors, as the reader spells them."""
    provisional: bool = False
    """It stands in for a model's, which is still to come."""

    @property
    def score(self) -> int:
        return self.relevance + self.novelty


def of_record(
    record: Mapping[str, Any],
    followed: tuple[str, ...] = (),
    summary: tuple[str, str] | None = None,
) -> Assessment:
    """What a record of the kind `judged` says. `summary` (short and long) counts over its own."""
    topics = record.get("topics", [])
    short, long = summary or (str(record.get("summary", "")), "")
    return Assessment(
        id=str(record["id"]),
        relevance=record["r"],
        novelty=record["n"],
        topics=tuple(str(topic) for topic in topics) if isinstance(topics, list) else (),
        comment=str(record.get("comment", "")),
        summary=short,
        long=long,
        by=record["by"],
        followed=followed,
    )


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """The settings of `[keep]`."""

    relevance: int = 7
    novelty: int = 6
    per_day: int = 15
    """0: no limit."""


def rank(assessments: Iterable[Assessment]) -> list[Assessment]:
    """Best first: by score, then relevance, then id."""
    return sorted(assessments, key=lambda a: (-a.score, -a.relevance, id_order(a.id), a.id))


def reason_left_out(assessment: Assessment, cutoffs: Cutoffs) -> str | None:
    """Which cutoff the paper misses, in words; None where it meets them all.

    Novelty is not asked of the local scorer, which cannot read it off an abstract.
    """
    if assessment.followed:
        return None
    if assessment.relevance < cutoffs.relevance:
        return f"relevance {assessment.relevance} is below the cutoff {cutoffs.relevance}"
    if assessment.by != LOCAL and assessment.novelty < cutoffs.novelty:
        return f"novelty {assessment.novelty} is below the cutoff {cutoffs.novelty}"
    return None


def keep(
    assessments: Iterable[Assessment], cutoffs: Cutoffs, *, already: int = 0
) -> tuple[list[Assessment], dict[str, str]]:
    """The papers of one day to keep, best first, and for every other one the reason.

    `already` papers of the day were kept before. Papers by followed authors are kept whatever the
    limit, and take no place from others. Under the local scorer best means most relevant.
    """
    kept: list[Assessment] = []
    left_out: dict[str, str] = {}
    places = cutoffs.per_day - already if cutoffs.per_day else None
    ordered = sorted(rank(assessments), key=lambda a: -a.relevance if a.by == LOCAL else -a.score)
    for assessment in ordered:
        if why := reason_left_out(assessment, cutoffs):
            left_out[assessment.id] = why
        elif assessment.followed:
            kept.append(assessment)
        elif places is not None and places <= 0:
            left_out[assessment.id] = (
                f"the day's limit of {cutoffs.per_day} was reached by better ones"
            )
        else:
            kept.append(assessment)
            places = places - 1 if places is not None else None
    return rank(kept), left_out
