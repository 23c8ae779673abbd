"""A pool of papers put in order by topics alone, and by what the reader said where they said it.

The figures behind each choice are printed by `tests/benchmarks/ranking.py`. In short: similarity to
the topics gives a first order; papers like well-placed papers move up; the top and the bottom of that
order then stand in for labels, twice. What the reader said is learnt on top, with that order as one
more thing to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kb.core.keywords import split_keywords
from kb.scorers.linear import (
    latent,
    logistic_regression,
    naive_bayes,
    neighbours,
    standardise,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kb.core.topics import Topics
    from kb.scorers.tokens import TermMatrix

    Floats = NDArray[np.float64]

KEYWORD_WEIGHT = 0.5
NEIGHBOURS = 10
# Neighbours are sought by terms that at most one paper in fifty has: five times faster than by all
# terms, and better, for what everybody writes makes nobody alike.
NEIGHBOUR_SHARE = 0.02
SPREAD_STEPS, SPREAD = 5, 0.95
ROUNDS = 2
TOP_SHARE, BOTTOM_SHARE = 0.1, 0.4
PRIOR_STRENGTH, LABEL_STRENGTH = 0.3, 3.0
DIMENSIONS = 150
LEAST_POOL = 40
"""Below this the top tenth is too few papers to learn from; the first order stands."""


@dataclass(frozen=True, slots=True)
class Queries:
    """What of Topics.md is compared with papers."""

    topics: tuple[str, ...]
    keywords: tuple[str, ...]
    negative: tuple[str, ...]


def queries(topics: Topics) -> Queries:
    """One text a topic, one a keyword (without keywords: the phrases of the relevant lines), one a
    negative keyword. A heading alone is no query: "Emerging Trends" would pull in everything."""
    keywords = [k for t in topics.topics for k in t.keywords] + list(topics.keywords)
    if not keywords:
        keywords = list(split_keywords(t.relevant for t in topics.topics))
    negative = [k for t in topics.topics for k in t.negative_keywords]
    return Queries(
        tuple(" ".join((t.name, t.description, t.relevant, *t.keywords)) for t in topics.topics),
        tuple(dict.fromkeys(keywords)),
        tuple(dict.fromkeys([*negative, *topics.negative_keywords])),
    )


@dataclass(frozen=True, slots=True)
class Matches:
    """Cosines of each paper with each query: papers down, queries across."""

    topics: NDArray[np.float32]
    keywords: NDArray[np.float32]
    negative: NDArray[np.float32]

    @property
    def likeness(self) -> Floats:
        """One number a paper: nearest topic, nearest keyword, nearest negative keyword."""
        best, keyword, against = (
            np.asarray(part.max(axis=1, initial=0), dtype=np.float64)
            for part in (self.topics, self.keywords, self.negative)
        )
        likeness: Floats = best + KEYWORD_WEIGHT * (keyword - against)
        return likeness


def match(matrix: TermMatrix, asked: Queries) -> Matches:
    """How like each query each paper is."""
    parts = [
        np.asarray((matrix.rows @ matrix.queries(texts).T).toarray(), dtype=np.float32)
        for texts in (asked.topics, asked.keywords, asked.negative)
    ]
    return Matches(*parts)


def latent_space(matrix: TermMatrix) -> csr_array:
    """Each paper's place among the strongest directions of the pool, by single terms, at half length:
    the columns that stand beside the terms in every regression."""
    from scipy.sparse import csr_array

    singles = matrix.narrowed(3, max(0.3 * matrix.rows.shape[0], 5), singles=True)
    return csr_array(np.float32(0.5) * latent(singles, DIMENSIONS))


def prior(matrix: TermMatrix, matches: Matches, space: csr_array) -> Floats:
    """The order by topics alone: one standardised number a paper, higher is better."""
    from scipy.sparse import hstack

    first = standardise(matches.likeness)
    n = len(first)
    if n < LEAST_POOL:
        return first
    which, alike = neighbours(matrix.narrowed(2, max(NEIGHBOUR_SHARE * n, 5)), NEIGHBOURS)
    share = alike.astype(np.float64)
    total = share.sum(axis=1, keepdims=True)
    share = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    spread = first
    for _ in range(SPREAD_STEPS):
        spread = (1 - SPREAD) * first + SPREAD * (share * spread[which]).sum(axis=1)
    spread = standardise(spread)
    order = first + spread
    rows = hstack([matrix.rows, space]).tocsr()
    for _ in range(ROUNDS):
        chosen, top = _ends(order)
        even = np.ones(len(chosen))
        linear, _ = logistic_regression(rows[chosen], top, even, strength=PRIOR_STRENGTH)
        odds = naive_bayes(matrix.rows[chosen], top)
        order = standardise(rows @ linear) + standardise(matrix.rows @ odds)
        order = order + 0.4 * (first + spread)
    order = standardise(order)
    return standardise(order + 0.2 * standardise((share * order[which]).sum(axis=1)))


def _ends(order: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The papers at the top and at the bottom of an order, and which of them are at the top."""
    n = len(order)
    ranked = np.argsort(-np.round(order, 9), kind="stable")
    top, bottom = max(1, int(n * TOP_SHARE)), max(1, int(n * BOTTOM_SHARE))
    chosen = np.concatenate([np.sort(ranked[:top]), np.sort(ranked[n - bottom :])])
    return chosen, np.arange(len(chosen)) < top


def learn(
    matrix: TermMatrix,
    space: csr_array,
    order: Floats,
    labelled: NDArray[np.intp],
    liked: NDArray[np.bool_],
    weights: Floats,
    *,
    belief: float = 3.0,
) -> Floats:
    """The order by labels and by the prior, standardised.

    A balanced logistic regression on terms, on latent dimensions and on the prior, which so weighs as
    much as the labels bear it out. The ends of the prior's order stand in with the weight of `belief`
    labels, so that one label, or labels of one kind only, do no harm.
    """
    from scipy.sparse import csr_array, hstack

    beside = csr_array((0.5 * order[:, None]).astype(np.float32))
    rows = hstack([matrix.rows, space, beside]).tocsr()
    ends, top = _ends(order)
    free = ~np.isin(ends, labelled)
    ends, top = ends[free], top[free]
    stand_in = np.where(top, belief / 2 / max(1, top.sum()), belief / 2 / max(1, (~top).sum()))
    train = np.concatenate([labelled, ends])
    positive = np.concatenate([liked, top])
    weight = np.concatenate([weights, stand_in])
    if positive.all() or not positive.any():
        return order
    linear, _ = logistic_regression(rows[train], positive, weight, strength=LABEL_STRENGTH)
    return standardise(rows @ linear)
