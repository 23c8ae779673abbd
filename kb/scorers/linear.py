"""The few pieces of linear algebra and statistics that ranking needs, on sparse matrices.

Written out here because importing scikit-learn for them takes longer than scoring a day, and so that
the same input gives the same numbers: no threads, no sampling, a fixed number of steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]


def standardise(values: Floats) -> Floats:
    """Mean 0 and deviation 1; all zeros where the values do not differ."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))


def logistic_regression(
    rows: csr_array, positive: NDArray[np.bool_], weights: Floats, *, strength: float
) -> tuple[Floats, float]:
    """Coefficients and intercept of an L2-regularised, class-balanced logistic regression.

    Minimises |w|²/2 + `strength` * Σ weight * log(1 + exp(-y (x·w + b))), the intercept regularised
    too, by Newton steps whose systems are solved by conjugate gradients (trust region left out: the
    problem is strictly convex and a halving line search is enough). Both classes must be there.
    """
    total = weights.sum()
    share = np.where(positive, weights[positive].sum(), weights[~positive].sum())
    cost = strength * weights * total / (2 * share)
    target = np.where(positive, 1.0, -1.0)
    columns = rows.T

    def times(w: Floats) -> Floats:
        margins: Floats = np.asarray(rows @ w[:-1]) + w[-1]
        return margins

    def back(residual: Floats) -> Floats:
        return np.append(np.asarray(columns @ residual), residual.sum())

    w = np.zeros(rows.shape[1] + 1)
    margin = np.zeros(rows.shape[0])
    start = 0.0
    for _ in range(30):
        miss = 1 / (1 + np.exp(np.clip(target * margin, -500, 500)))
        gradient = w - back(cost * target * miss)
        size = float(np.linalg.norm(gradient))
        start = start or size
        if size <= 1e-5 * start or not size:
            break
        curvature = cost * miss * (1 - miss)
        step = np.zeros_like(w)
        residual, direction, square = -gradient, -gradient, size * size
        for _ in range(50):
            bent = direction + back(curvature * times(direction))
            length = square / float(direction @ bent)
            step += length * direction
            residual = residual - length * bent
            previous, square = square, float(residual @ residual)
            if square**0.5 <= 0.05 * min(1.0, (size / start) ** 0.5) * size:
                break
            direction = residual + (square / previous) * direction
        moved = times(step)
        before, slope, part = _loss(w, margin, target, cost), float(gradient @ step), 1.0
        while part > 1e-6:
            loss = _loss(w + part * step, margin + part * moved, target, cost)
            if loss <= before + 1e-4 * part * slope:
                break
            part /= 2
        w, margin = w + part * step, margin + part * moved
    return w[:-1], float(w[-1])


def _loss(w: Floats, margin: Floats, target: Floats, cost: Floats) -> float:
    return float(cost @ np.logaddexp(0, -target * margin) + w @ w / 2)


def naive_bayes(rows: csr_array, positive: NDArray[np.bool_]) -> Floats:
    """Log odds of each column under a multinomial naive Bayes with add-one smoothing."""
    liked = np.asarray(rows[positive].sum(axis=0), dtype=np.float64).ravel() + 1
    other = np.asarray(rows[~positive].sum(axis=0), dtype=np.float64).ravel() + 1
    odds: Floats = np.log(liked / liked.sum()) - np.log(other / other.sum())
    return odds


def neighbours(
    rows: csr_array, count: int, *, block: int = 512
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each row the `count` others most like it and how like (inner products), in no order.

    Where fewer have anything in common the rest is row 0 with likeness 0.
    """
    n = rows.shape[0]
    count = min(count, n - 1)
    which = np.zeros((n, count), dtype=np.intp)
    alike = np.zeros((n, count), dtype=np.float32)
    if not count:
        return which, alike
    columns = rows.T.tocsr()
    for first in range(0, n, block):
        products = (rows[first : first + block] @ columns).tocsr()
        for row in range(products.shape[0]):
            part = slice(products.indptr[row], products.indptr[row + 1])
            others, likeness = products.indices[part], products.data[part].copy()
            likeness[others == first + row] = 0
            if len(others) > count:
                best = np.argpartition(likeness, len(others) - count)[-count:]
                others, likeness = others[best], likeness[best]
            which[first + row, : len(others)] = others
            alike[first + row, : len(others)] = likeness
    return which, alike


def latent(rows: csr_array, dimensions: int, *, rounds: int = 2) -> NDArray[np.float32]:
    """Rows in the space of the strongest singular vectors, each of length 1.

    Randomised subspace iteration (Halko, Martinsson, Tropp 2011) from a fixed start.
    """
    n, m = rows.shape
    size = min(dimensions + 10, n, m)
    if size < 2:
        return np.zeros((n, 1), dtype=np.float32)
    columns = rows.T.tocsr()
    start = np.random.RandomState(0).standard_normal((m, size)).astype(np.float32)
    basis = np.asarray(rows @ start)
    for _ in range(rounds):
        basis = np.asarray(rows @ (columns @ np.linalg.qr(basis)[0]))
    basis = np.linalg.qr(basis)[0]
    shadow = np.asarray(columns @ basis, dtype=np.float64)
    values, vectors = np.linalg.eigh(shadow.T @ shadow)
    strongest = np.argsort(-values, kind="stable")[:dimensions]
    scale = np.sqrt(np.maximum(values[strongest], 0))
    placed = (basis @ vectors[:, strongest]) * scale
    length = np.linalg.norm(placed, axis=1, keepdims=True)
    return np.asarray(placed / np.where(length > 1e-9, length, 1), dtype=np.float32)
