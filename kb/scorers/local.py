"""The scorer that needs no key, no model and no network: a day's papers, judged by `Topics.md`.

What comes out depends only on the topics, the labels and the papers of the pool: not on their order,
on other days, or on the machine. What it depends on is in `ranking`, what the numbers mean in
`calibration`, and the words that go with them in `explain`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kb.core.assessments import Assessment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kb.core.papers import Paper
    from kb.core.topics import Topics
    from kb.scorers.ranking import Matches
    from kb.scorers.tokens import TermMatrix, Terms, TokenCounts

    Floats = NDArray[np.float64]

NAMED_TOPICS = 3
ALSO = 0.6
"""Which part of the best topic's score another must reach to be named too."""
LARGE_POOL = 60
COMMON_SHARE = 0.15
NEAR = 0.1
"""The cosine, over rare terms, from which on one paper is near another."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the reader said of a paper; `weight` 1 is a plain yes or no."""

    id: str
    liked: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A pool in order. Rows of everything are papers, by ascending id."""

    ids: tuple[str, ...]
    order: Floats
    """Standardised, higher is better."""
    labelled: NDArray[np.bool_]
    matrix: TermMatrix
    matches: Matches
    space: csr_array
    unlearnt: Floats
    """The order by the topics alone, before any label."""

    def learnt_from(self, labels: Iterable[Label]) -> Floats:
        """The order by other labels than those it was ranked by; papers elsewhere are left alone."""
        import numpy as np
        from threadpoolctl import threadpool_limits

        from kb.scorers.ranking import learn

        said = {label.id: label for label in labels}
        told = [said.get(i) for i in self.ids]
        rows = np.array([row for row, label in enumerate(told) if label], dtype=np.intp)
        if not len(rows):
            return np.round(self.unlearnt, 6)
        liked = np.array([label.liked for label in told if label], dtype=np.bool_)
        weights = np.array([label.weight for label in told if label], dtype=np.float64)
        # One thread: sums come out the same on every machine, and on a busy one the threads of BLAS
        # would wait for each other ten times longer than they work.
        with threadpool_limits(1):
            order = learn(self.matrix, self.space, self.unlearnt, rows, liked, weights)
        return np.round(order, 6)


class LocalScorer:
    """Scores days one by one; what was read off a paper is kept for the days that follow."""

    def __init__(
        self,
        topics: Topics,
        labels: Sequence[Label] = (),
        labelled_papers: Sequence[Paper] = (),
        counts: TokenCounts | None = None,
    ) -> None:
        from kb.scorers.explain import topic_words
        from kb.scorers.ranking import queries

        self._labels = {label.id: label for label in labels}
        self._labelled_papers = {p.id: p for p in labelled_papers if p.id in self._labels}
        self._counts = counts
        self._terms: dict[str, Terms] = {}
        self._queries = queries(topics)
        self._words = topic_words(topics)
        self._wanted = frozenset(s for words in self._words for s in words.stems)

    def rank(self, day_papers: Iterable[Paper], pool: Iterable[Paper]) -> Ranked:
        """The pool, the day's papers and the labelled ones in one order."""
        import numpy as np
        from threadpoolctl import threadpool_limits

        from kb.scorers.ranking import latent_space, match, prior
        from kb.scorers.tokens import read_terms, term_matrix

        papers = dict(self._labelled_papers)
        for group in (pool, day_papers):
            papers.update((paper.id, paper) for paper in group)
        ids = tuple(sorted(papers))
        self._terms.update(
            read_terms((papers[i] for i in ids if i not in self._terms), self._counts)
        )
        matrix = term_matrix([self._terms[i] for i in ids])
        matches = match(matrix, self._queries)
        labelled = np.array([i in self._labels for i in ids], dtype=np.bool_)
        with threadpool_limits(1):
            space = latent_space(matrix)
            unlearnt = prior(matrix, matches, space)
        ranked = Ranked(ids, unlearnt, labelled, matrix, matches, space, unlearnt)
        return replace(ranked, order=ranked.learnt_from(self._labels.values()))

    def score_day(
        self, day_papers: Sequence[Paper], pool: Sequence[Paper]
    ) -> dict[str, Assessment]:
        """An assessment for each paper of the day, by id.

        `pool`: the papers of the 20 announcement days up to and including the day. Relevance is from
        the order of the whole pool; topics, comment and summary are from the paper's own words.
        """
        return self.assess(day_papers, self.rank(day_papers, pool)) if day_papers else {}

    def assess(self, day_papers: Sequence[Paper], ranked: Ranked) -> dict[str, Assessment]:
        """`score_day`, given the order of the pool."""
        import numpy as np

        from kb.scorers import calibration
        from kb.scorers.explain import PaperWords, comment, summary

        today = {paper.id: paper for paper in day_papers}
        ids = sorted(today)
        at = np.searchsorted(np.array(ranked.ids), ids)
        common = self._common_stems(ranked)
        names = [words.name for words in self._words[:-1]]
        found = []
        for paper_id in ids:
            words = PaperWords(today[paper_id], self._wanted)
            found.append([words.evidence(wanted, common) for wanted in self._words])
        weight = np.array([[e.weight for e in row] for row in found]).reshape(len(ids), -1)
        evidence = weight[:, :-1].max(axis=1, initial=0) + 0.5 * weight[:, -1]
        place = _places(ranked, at)
        relevance = calibration.relevance(place, evidence, len(ranked.ids))
        distance, near = _surroundings(ranked, at)
        novelty = calibration.novelty(distance)
        result: dict[str, Assessment] = {}
        for k, paper_id in enumerate(ids):
            best = self._best_topics(weight[k, :-1], ranked.matches.topics[at[k]])
            by_name = {names[t]: found[k][t] for t in best} | {"": found[k][-1]}
            shown = [names[t] for t in best]
            paper = today[paper_id]
            result[paper_id] = Assessment(
                id=paper_id,
                relevance=int(relevance[k]),
                novelty=int(novelty[k]),
                topics=tuple(dict.fromkeys(shown)),
                comment=comment(shown, by_name, sure=bool(evidence[k] >= 2.5), near=int(near[k])),
                summary=summary(paper.abstract, self._stems_of(best)),
            )
        return result

    def _best_topics(self, weight: Floats, closeness: NDArray[np.float32]) -> list[int]:
        """Up to three topics with evidence, best first: the nearest, and what comes close to it."""
        scores = [
            (float(near) + 0.05 * float(said) if said > 0 else 0.0)
            for near, said in zip(closeness, weight, strict=True)
        ]
        best = sorted(
            (t for t, s in enumerate(scores) if s > 0), key=lambda t: (-round(scores[t], 5), t)
        )
        return [t for t in best if scores[t] >= ALSO * scores[best[0]]][:NAMED_TOPICS]

    def _common_stems(self, ranked: Ranked) -> frozenset[str]:
        """Stems of the topics that so many papers of the pool use that they tell nothing."""
        import zlib

        matrix, n = ranked.matrix, len(ranked.ids)
        if n < LARGE_POOL:
            return frozenset()
        frequent = set(matrix.codes[matrix.df > COMMON_SHARE * n].tolist())
        return frozenset(s for s in self._wanted if zlib.crc32(s.encode()) in frequent)

    def _stems_of(self, topics: Sequence[int]) -> frozenset[str]:
        return frozenset(s for t in topics for s in self._words[t].singles)


def _places(ranked: Ranked, at: NDArray[np.intp]) -> Floats:
    """The share of the pool above each of these papers.

    Labelled papers are left out of the count where enough others remain: the order was learnt from
    them, so they stand too far apart.
    """
    import numpy as np

    others = ranked.order[~ranked.labelled]
    reference = np.sort(others if len(others) >= LARGE_POOL else ranked.order)
    mine = ranked.order[at]
    above = len(reference) - np.searchsorted(reference, mine, side="right")
    level = np.searchsorted(reference, mine, side="right") - np.searchsorted(reference, mine)
    places: Floats = (above + level / 2) / len(reference)
    return places


def _surroundings(ranked: Ranked, at: NDArray[np.intp]) -> tuple[Floats, NDArray[np.int64]]:
    """For each of these papers 1 - the greatest cosine to a paper of other days (of the same day where
    there are no others), and how many other papers are near it. Rare terms only, as for neighbours."""
    import numpy as np

    from kb.scorers.ranking import NEIGHBOUR_SHARE

    n = len(ranked.ids)
    rows = ranked.matrix.narrowed(1, max(NEIGHBOUR_SHARE * n, 5))
    columns = rows.T.tocsr()
    earlier = np.ones(n, dtype=np.bool_)
    earlier[at] = False
    if not earlier.any():
        earlier[:] = True
    greatest, near = np.zeros(len(at)), np.zeros(len(at), dtype=np.int64)
    for first in range(0, len(at), 256):
        here = at[first : first + 256]
        alike = (rows[here] @ columns).toarray()
        alike[np.arange(len(here)), here] = 0
        near[first : first + 256] = (alike >= NEAR).sum(axis=1)
        greatest[first : first + 256] = alike[:, earlier].max(axis=1, initial=0)
    return 1 - greatest, near
