"""What the reader has said of papers, as labels the local scorer learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.scorers.local import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from kb.core.collection import Said

LIKED_RATING = 4
DISLIKED_RATING = 2
MOST = 500
"""Labels of a kind, liked or not, that the scorer learns from: with years of them a day would take
ever longer to rank, and tastes change."""


def labels(
    said: Iterable[Said], written: Mapping[str, Any], *, cutoff: int, own: Collection[str] = ()
) -> list[Label]:
    """One label for each note that has `said` something: a rating (4 and 5 liked, 1 and 2 not), a relevance
    the reader changed (against the cutoff), or the status `skip`; the first of these decides.

    `written` is the relevance kb last wrote, by paper. A note that the reader made (`own`) and that
    says the paper was read tells that it was liked. Of more than MOST that were liked, or were not,
    the first count.
    """
    found: dict[bool, list[Label]] = {True: [], False: []}
    for each in said:
        liked = _liked(each, written, cutoff, own)
        if liked is not None and len(found[liked]) < MOST:
            found[liked].append(Label(each.id, liked=liked))
            if all(len(labels) == MOST for labels in found.values()):
                break
    return sorted((*found[True], *found[False]), key=lambda label: label.id)


def _liked(
    said: Said, written: Mapping[str, Any], cutoff: int, own: Collection[str]
) -> bool | None:
    if said.rating is not None and said.rating >= LIKED_RATING:
        return True
    if said.rating is not None and 0 < said.rating <= DISLIKED_RATING:
        return False
    if said.id in written and said.relevance != written[said.id]:
        return said.relevance >= cutoff
    if said.status == "read" and said.rating is None and said.id in own:
        return True
    return False if said.status == "skip" else None
