"""What is known of papers before anybody is asked: texts, announcement days, assessments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core.assessments import Assessment
from kb.core.papers import id_order
from kb.scorers import feedback

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kb.core.collection import Said
    from kb.core.history import History
    from kb.core.papers import Paper
    from kb.scorers.local import Label
    from kb.sources.arxiv import ArxivSource
    from kb.sync.state import State

_AT_ONCE = 100


def papers(state: State, ids: Iterable[str], arxiv: ArxivSource | None) -> dict[str, Paper]:
    """What arXiv says of the papers: from the cache, else by asking it. Unknown ones are missing.

    What comes is kept at once, so that a second try need not ask again. Raises TryLater.
    """
    wanted = list(ids)
    ask(state, wanted, arxiv)
    return at_hand(state, wanted)


def ask(state: State, ids: Sequence[str], arxiv: ArxivSource | None) -> None:
    """Lets the cache have what arXiv says of the papers. Raises TryLater."""
    if arxiv is None:
        return
    missing = [i for some in _batches(ids) for i in _lacking(some, at_hand(state, some))]
    for number, some in enumerate(_batches(missing)):
        state.progress("asking arXiv", number * _AT_ONCE, len(missing))
        state.vault.cache.put_papers(arxiv.by_ids(some))
    if missing:
        state.progress("asking arXiv", len(missing), len(missing))


def at_hand(state: State, ids: Iterable[str]) -> dict[str, Paper]:
    """What arXiv has said of the papers, as far as the cache has it."""
    return {i: paper for i, paper in state.vault.cache.papers(ids).items() if paper.categories}


def _lacking(ids: Iterable[str], found: dict[str, Paper]) -> Iterable[str]:
    return (arxiv_id for arxiv_id in ids if arxiv_id not in found)


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))


def assessment(history: History, arxiv_id: str) -> Assessment | None:
    """How the ledger says the paper was judged; None where it was not."""
    if judged := history.assessment(arxiv_id):
        return judged
    day = history.day_of(arxiv_id)
    if day is None or arxiv_id not in day.scores:
        return None
    relevance, novelty = day.scores[arxiv_id]
    topics, comment = day.reasons.get(arxiv_id, ((), ""))
    return Assessment(
        id=arxiv_id, relevance=relevance, novelty=novelty, topics=topics, comment=comment, by=day.by
    )


def comment(history: History, arxiv_id: str) -> str:
    """Why the paper is worth reading, in the words of whoever's judgement stands."""
    judged = assessment(history, arxiv_id)
    return judged.comment if judged else ""


def labels(state: State) -> list[Label]:
    """What the reader has said of papers, of the newest ones first; see `kb.scorers.feedback`."""
    wrote = state.history.wrote
    written = {i: w.relevance for i, w in wrote.items() if w.relevance is not None}
    said = sorted(state.notes.opinions(written), key=_newness, reverse=True)
    found = feedback.labels(
        said, written, own={i for i, w in wrote.items() if w.adopted},
        cutoff=state.vault.settings.keep.relevance,
    )  # fmt: skip
    return [each for each in found if state.notes[each.id].values.get("source") != "sample"]


def _newness(said: Said) -> tuple[int, int]:
    return id_order(said.id)
