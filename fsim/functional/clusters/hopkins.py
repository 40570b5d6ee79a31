"""Do points cluster at all?"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor


def cloud_to_uniform(points: Tensor) -> Tensor:
    """Centred points [N, d] -> [N, d] in (0, 1): each axis through the normal distribution function of its
    own spread.

    One round cloud becomes uniform, clusters stay clusters. So Hopkins' statistic of the result tells
    clusters from one cloud, where that of the points themselves is 0.97 or more for either, as most of the
    box around a cloud is empty.
    """
    uniform: Tensor = torch.special.ndtr(points / points.square().mean(0).sqrt())
    return uniform


def hopkins(points: Tensor, num_probes: int, rng: np.random.Generator) -> float:
    """Hopkins' statistic of points [N, d]: sum u^d / (sum u^d + sum w^d).

    u are the distances from random places, uniform in the box around the points, to the nearest point; w
    those from random points to the nearest other point; `num_probes` of each, or N where that is smaller.
    0.5 for uniform points, above 0.7 for clustered ones, below 0.3 for a lattice. Hopkins and Skellam 1954,
    with the power d of Cross and Jain 1982; some programs leave out the power, or give 1 - H.

    The powers are added as logarithms, as u^d leaves the range of floats for d of some hundreds. NaN where
    there are fewer than two points, or all coincide.
    """
    num_points, dimensions = points.shape
    if num_points < 2:
        return math.nan
    points = points.double()
    probes = min(num_probes, num_points)
    low, high = points.amin(0), points.amax(0)
    places = low + (high - low) * torch.from_numpy(rng.random((probes, dimensions)))  # [m, d]
    chosen = torch.from_numpy(rng.choice(num_points, probes, replace=False))  # [m]

    to_points = torch.cdist(places, points)  # [m, N]
    exact = "donot_use_mm_for_euclid_dist"  # 0 for points that coincide
    to_others = torch.cdist(points[chosen], points, compute_mode=exact)  # [m, N]
    to_others[torch.arange(probes), chosen] = math.inf
    u = torch.logsumexp(dimensions * to_points.amin(1).log(), 0)
    w = torch.logsumexp(dimensions * to_others.amin(1).log(), 0)
    return float(torch.sigmoid(u - w))
