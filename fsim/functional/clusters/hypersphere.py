"""Alignment and uniformity of embeddings on the unit sphere.

Wang and Isola, "Understanding contrastive representation learning through alignment and uniformity on the
hypersphere", ICML 2020. Shape legend: N images, D embedding, K labels.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from fsim.functional.distances import unit


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
