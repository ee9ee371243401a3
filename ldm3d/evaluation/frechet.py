"""Distances between sets of pictures by what a network sees in them: Frechet, Inception Score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and covariance of features."""

    mean: NDArray[np.float64]
    """(D,)."""
    covariance: NDArray[np.float64]
    """(D, D), divided by N - 1."""
    count: int


def moments(features: Floats) -> Moments:
    """Return the moments of (N, D) features, N of at least 2."""
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"want features of at least 2 pictures, (N, D), got {features.shape}")
    rows = np.asarray(features, np.float64)
    return Moments(rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False)), len(rows))


def frechet_distance(a: Moments, b: Moments) -> float:
    """Return |m_a - m_b|^2 + Tr(C_a + C_b - 2 (C_a C_b)^(1/2)) (FID: arXiv 1706.08500, eq. 6).

    The trace of the root is the sum of the roots of the eigenvalues of A C_b A with A the
    symmetric root of C_a: no complex numbers, no jitter. It is only called FID where the features
    are those of Inception-v3. With few pictures it is too large: compare equal counts.
    """
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"want features of one kind, got {a.mean.shape} and {b.mean.shape}")
    values, axes = np.linalg.eigh(a.covariance)
    root = (axes * np.sqrt(np.clip(values, 0, None))) @ axes.T
    inner = np.linalg.eigvalsh(root @ b.covariance @ root)
    trace_root = np.sqrt(np.clip(inner, 0, None)).sum()
    off = a.mean - b.mean
    trace = np.trace(a.covariance) + np.trace(b.covariance) - 2 * trace_root
    return float(max(0.0, off @ off + trace))


def inception_score(probabilities: Floats, splits: int = 10) -> tuple[float, float]:
    """Return mean and standard deviation over splits of exp(E KL(p(y|x) || p(y))).

    Salimans et al., arXiv 1606.03498, section 4. Only called Inception Score where the
    probabilities are those of Inception-v3.

    Args:
        probabilities: (N, K), rows sum to 1.
        splits: parts of equal size, in order; at most N.
    """
    rows = np.asarray(probabilities, np.float64)
    scores = []
    for part in np.array_split(rows, min(splits, len(rows))):
        overall = part.mean(axis=0, keepdims=True)
        tiny = np.finfo(np.float64).tiny
        divergence = part * (np.log(part + tiny) - np.log(overall + tiny))
        scores.append(np.exp(divergence.sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))
