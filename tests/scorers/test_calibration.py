from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kb.scorers.calibration import PLACES, novelty, relevance

SHARES = arrays(np.float64, 6, elements=st.floats(0, 1))
EVIDENCE = arrays(np.float64, 6, elements=st.floats(0, 20))


@given(SHARES, EVIDENCE, st.integers(1, 20_000))
def test_relevance_is_between_1_and_10_and_needs_evidence(
    place: np.ndarray, evidence: np.ndarray, pool: int
) -> None:
    scores = relevance(place, evidence, pool)
    assert ((scores >= 1) & (scores <= 10)).all()
    assert (scores[evidence <= 0] <= 5).all()


@given(SHARES, st.floats(0, 20), st.integers(1, 20_000))
def test_a_better_place_is_never_less_relevant(
    place: np.ndarray, evidence: float, pool: int
) -> None:
    scores = relevance(np.sort(place), np.full(6, evidence), pool)
    assert (np.diff(scores) <= 0).all()


def test_in_a_large_pool_the_place_decides_and_in_a_small_one_the_evidence() -> None:
    cutoff = PLACES[3]
    place, evidence = np.array([cutoff, cutoff + 0.001]), np.array([2.8, 2.8])
    assert relevance(place, evidence, 6000).tolist() == [7, 6]
    assert relevance(np.array([0.0, 0.0, 1.0]), np.array([0.4, 9.0, 9.0]), 10).tolist() == [
        2,
        10,
        10,
    ]


def test_novelty_is_a_bell_over_the_day() -> None:
    scores = novelty(np.linspace(0, 1, 1000))
    counts = np.bincount(scores, minlength=11)[1:]
    assert counts.sum() == 1000
    assert counts.argmax() in (4, 5)
    assert (counts > 0).all()
    assert novelty(np.array([0.3, 0.3])).tolist() == [5, 5]
    assert novelty(np.array([0.3])).tolist() == [5]
