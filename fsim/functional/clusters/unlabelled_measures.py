"""Measures of embeddings that need no clustering: Hopkins' statistic, alignment and uniformity.

Wang and Isola, "Understanding contrastive representation learning through alignment and uniformity on the
hypersphere", ICML 2020. Shape legend: N images or points, D embedding, d axes, K labels.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from fsim.functional.distances import unit


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


def alignment(embedding: Tensor, labels: Tensor) -> float:
    """E |x - y|^2 over all pairs of images of one label, embeddings scaled to length one; 0 to 4, less is
    better (the paper's alpha = 2).

    Labels 0 .. K-1; NaN where no two images share one. In a label of n images the squared distances of all
    pairs sum to n times those of the images to their mean, so no pair is formed.
    """
    points = unit(embedding).double()  # [N, D]
    sizes = torch.bincount(labels).double()  # [K]
    sums = torch.zeros(len(sizes), points.shape[1], dtype=torch.float64).index_add_(0, labels, points)
    means = sums / sizes[:, None].clamp_min(1)  # [K, D]
    scatter = torch.zeros_like(sizes).index_add_(0, labels, (points - means[labels]).square().sum(1))  # [K]
    num_pairs = float((sizes * (sizes - 1)).sum() / 2)
    return float((sizes * scatter).sum()) / num_pairs if num_pairs else math.nan


def uniformity(embedding: Tensor) -> float:
    """log E exp(-2 |x - y|^2) over all pairs of images, embeddings scaled to length one; -8 to 0, less is
    better (the paper's t = 2). Takes N^2 memory. NaN where there are fewer than two images."""
    if len(embedding) < 2:
        return math.nan
    points = unit(embedding).double()
    lengths = points.square().sum(1)  # [N]: 1, or 0 where the embedding is
    squared = (lengths[:, None] + lengths - 2 * points @ points.T).clamp_min(0)  # [N, N]
    potential = torch.exp(-2 * squared).fill_diagonal_(0).sum() / (len(points) * (len(points) - 1))
    return float(potential.log())
