"""Principal components: the axes along which points vary.

Shape legend: N points, D dimensions, d dimensions kept.
"""

from __future__ import annotations

import torch
from torch import Tensor

NO_VARIANCE = 1e-12  # as a fraction of the largest variance: float32 points carry no more digits


def principal_components(points: Tensor, dimensions: int) -> Tensor:
    """Points [N, D] -> float64 [N, d], centred, on the axes of largest variance. d is `dimensions`, or the
    number of axes along which the points vary where that is smaller. Where no axis is left out, the points
    are not rotated."""
    centred = points.double() - points.double().mean(0)
    variances, axes = torch.linalg.eigh(centred.T @ centred)  # ascending [D], [D, D]
    varying = int((variances > NO_VARIANCE * variances[-1]).sum())
    keep = min(dimensions, varying)
    return centred if keep == points.shape[1] else centred @ axes.flip(1)[:, :keep]


def effective_rank(points: Tensor) -> float:
    """exp(-sum p log p), p the singular values of the centred points [N, D] as shares of their sum; from 1,
    where the points lie on a line, to min(D, N - 1). Roy and Vetterli, "The effective rank", EUSIPCO 2007,
    there without centring. NaN where all points coincide."""
    values = torch.linalg.svdvals(points.double() - points.double().mean(0))
    shares = values / values.sum()
    return float(torch.special.entr(shares).sum().exp())
