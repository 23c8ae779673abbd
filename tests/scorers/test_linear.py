from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from kb.scorers.linear import latent, logistic_regression, naive_bayes, neighbours, standardise


def rows(n: int, m: int, seed: int = 0) -> csr_array:
    made = random_array((n, m), density=0.15, rng=np.random.default_rng(seed), format="csr")
    return made.astype(np.float32)


@pytest.mark.parametrize("strength", [0.3, 3.0, 100.0])
def test_regression_finds_what_liblinear_finds(strength: float) -> None:
    from sklearn.linear_model import LogisticRegression

    x = rows(200, 50)
    y = np.asarray(x[:, :5].sum(axis=1)).ravel() > 0.6
    weights = np.linspace(0.5, 2, 200)
    ours, intercept = logistic_regression(x, y, weights, strength=strength)
    share = np.where(y, weights[y].sum(), weights[~y].sum())
    theirs = LogisticRegression(C=strength, solver="liblinear", tol=1e-8, max_iter=10_000).fit(
        x.toarray(), y, sample_weight=weights * weights.sum() / (2 * share)
    )
    assert np.allclose(ours, theirs.coef_.ravel(), atol=2e-3 * np.abs(ours).max())
    assert intercept == pytest.approx(theirs.intercept_[0], abs=2e-3 * np.abs(ours).max())


def test_regression_survives_rows_of_nothing() -> None:
    x = csr_array((4, 3), dtype=np.float32)
    w, _ = logistic_regression(x, np.array([True, False, False, True]), np.ones(4), strength=3)
    assert np.allclose(w, 0)


def test_naive_bayes_is_the_log_odds_of_counts() -> None:
    x = csr_array(np.array([[2.0, 0.0], [0.0, 1.0]], dtype=np.float32))
    odds = naive_bayes(x, np.array([True, False]))
    assert odds == pytest.approx([np.log((3 / 4) / (1 / 3)), np.log((1 / 4) / (2 / 3))])


def test_neighbours_are_the_most_alike() -> None:
    x = rows(60, 40, seed=1)
    which, alike = neighbours(x, 5, block=7)
    products = (x @ x.T).toarray()
    np.fill_diagonal(products, -1)
    for row in range(60):
        best = np.sort(products[row])[-5:]
        assert np.allclose(np.sort(alike[row]), np.maximum(best, 0), atol=1e-6)
        shared = alike[row] > 0
        assert np.allclose(products[row, which[row][shared]], alike[row][shared])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_have_few_neighbours(n: int) -> None:
    which, alike = neighbours(rows(n, 4), 5)
    assert which.shape == alike.shape == (n, n - 1)


def test_latent_keeps_what_a_full_decomposition_keeps() -> None:
    x = csr_array(rows(80, 10, seed=2) @ np.random.default_rng(0).standard_normal((10, 60)))
    placed = latent(csr_array(x.astype(np.float32)), 10)
    full = x.toarray() / np.maximum(np.linalg.norm(x.toarray(), axis=1, keepdims=True), 1e-12)
    assert np.allclose(placed @ placed.T, full @ full.T, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 0)])
def test_latent_of_next_to_nothing(shape: tuple[int, int]) -> None:
    assert latent(csr_array(shape, dtype=np.float32), 150).shape[0] == shape[0]


def test_standardised_values_have_mean_0_and_deviation_1() -> None:
    values = standardise(np.array([1.0, 2.0, 6.0]))
    assert (values.mean(), values.std()) == pytest.approx((0, 1))
    assert standardise(np.array([4.0, 4.0])).tolist() == [0, 0]
