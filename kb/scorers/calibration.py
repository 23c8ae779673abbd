"""From an order of papers to relevance and novelty between 1 and 10.

Neither is a measurement. **Relevance** is the paper's place among the papers of the last 20
announcement days, so that a good day keeps more than a poor one: with the default cutoff 7 about one
scanned paper in sixteen passes. Where there are too few papers for a place to mean much, and for
papers whose words say little about the topics, an absolute measure of what matched takes over.

    relevance = min(ceiling(evidence), w * by_place + (1 - w) * by_evidence),  w = n² / (n² + 90²)

`n` papers in the pool; evidence counts matched phrases and words (`explain.Evidence.weight`).
**Novelty** is how far the paper lies from all earlier papers that are known, as a place within its day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Down to which share of the pool a paper's place gives 10, 9, ... 2.
PLACES = (0.007, 0.02, 0.04, 0.065, 0.12, 0.22, 0.36, 0.55, 0.78)
# Evidence from which on it gives 2, 3, ... 10.
EVIDENCE = (0.3, 0.6, 1.0, 1.5, 2.1, 2.8, 3.7, 5.0, 6.5)
# A bell: half of a day's papers get 5 or 6.
NOVELTY = (0.01, 0.04, 0.11, 0.25, 0.5, 0.75, 0.89, 0.96, 0.99)
SMALL_POOL = 90


def relevance(place: Floats, evidence: Floats, pool: int) -> NDArray[np.int64]:
    """1-10 a paper, from its place (share of the pool above it, 0 is best) and its evidence."""
    by_place = _graded(-place, [-1.0, *(-share for share in reversed(PLACES)), 0.0])
    by_evidence = _graded(evidence, [0.0, *EVIDENCE, 8.0])
    trust = pool**2 / (pool**2 + SMALL_POOL**2)
    mixed = trust * by_place + (1 - trust) * by_evidence
    ceiling = np.where(evidence <= 0, 5.0, np.where(evidence < 0.3, 6.0, 10.0))
    rounded = np.floor(np.round(np.minimum(mixed, ceiling), 6) + 0.5)
    scores: NDArray[np.int64] = np.clip(rounded, 1, 10).astype(np.int64)
    return scores


def _graded(values: Floats, bounds: Sequence[float]) -> Floats:
    """Between 1 and 10, straight lines in between; k - ½, which rounds to k, at the bound of k."""
    graded: Floats = np.interp(values, bounds, [1.0, *np.arange(1.5, 10), 10.0])
    return graded


def novelty(distance: Floats) -> NDArray[np.int64]:
    """1-10 a paper, from where its distance stands among the day's; 5 where they do not differ."""
    n = len(distance)
    if n < 2 or float(np.ptp(distance)) < 1e-6:
        return np.full(n, 5, dtype=np.int64)
    rounded = np.round(distance, 6)
    below = np.searchsorted(np.sort(rounded), rounded, side="left")
    upto = np.searchsorted(np.sort(rounded), rounded, side="right")
    grades: NDArray[np.int64] = 1 + np.searchsorted(NOVELTY, (below + upto) / (2 * n), side="right")
    return grades
