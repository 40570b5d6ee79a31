"""How well groups of points lie apart.

All in float64, in blocks of rows, so that memory stays bounded by the points and a block.
Shape legend: N points, D dimensions, K groups, b rows of a block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

ROWS = 512
OTHERS = 2048  # points that a block of rows meets at once: their distances stay in the processor's cache
SUMS_IN_MEMORY = 2**22  # of the distances to each group
# Points come from float32 embeddings: their squared distances say nothing below this fraction of their scale.
RESOLUTION = 1e-14


@dataclass(frozen=True)
class Groups:
    """What the cheap measures need to know of N points in K groups."""

    sizes: Tensor  # [K] float64
    centroids: Tensor  # [K, D]
    intra: Tensor  # [K] mean distance of a group's points to its centroid
    within: float  # sum over the points of the squared distance to their centroid
    between: float  # sum over the points of the squared distance of their centroid to the mean of all

    @property
    def resolution(self) -> float:
        """A mean squared distance at or below this is zero."""
        return RESOLUTION * (self.within + self.between) / float(self.sizes.sum())


def coincide(points: Tensor) -> bool:
    """Whether all points [N, D] are one point, as far as float32 can tell: a collapsed embedding."""
    points = points.double()
    return bool((points - points[0]).square().sum() <= RESOLUTION * points.square().sum())


def summarise(points: Tensor, groups: Tensor) -> Groups:
    """Points [N, D] and the group of each, 0 .. K-1 [N], every one of which occurs."""
    num_groups = int(groups.max()) + 1
    origin = points[0].double()  # distances keep their digits where all points lie far from zero
    sizes = torch.bincount(groups).double()  # [K]
    centroids = torch.zeros(num_groups, points.shape[1], dtype=torch.float64)  # [K, D]
    for rows in _blocks(len(points)):
        centroids.index_add_(0, groups[rows], points[rows].double() - origin)
    centroids /= sizes[:, None]

    intra = torch.zeros(num_groups, dtype=torch.float64)  # [K]
    within = 0.0
    for rows in _blocks(len(points)):
        squared = (points[rows].double() - origin - centroids[groups[rows]]).square().sum(1)  # [b]
        intra.index_add_(0, groups[rows], squared.sqrt())
        within += float(squared.sum())
    mean = (sizes[:, None] * centroids).sum(0) / sizes.sum()  # [D]
    between = float((sizes * (centroids - mean).square().sum(1)).sum())
    return Groups(sizes, centroids, intra / sizes, within, between)


def calinski_harabasz(groups: Groups) -> float:
    """[between / (K - 1)] / [within / (N - K)], the variance ratio of Calinski and Harabasz 1974.
    NaN where all points lie on their centroids."""
    num_points, num_groups = float(groups.sizes.sum()), len(groups.sizes)
    if groups.within <= groups.resolution * num_points:
        return math.nan
    return (groups.between / (num_groups - 1)) / (groups.within / (num_points - num_groups))


@dataclass(frozen=True)
class Separation:
    """Measures of d(i, j), the distance of the centroids of groups i and j, and of s(i), the mean distance
    of the points of group i to its centroid."""

    davies_bouldin: float  # mean over i of the largest [s(i) + s(j)] / d(i, j), Davies and Bouldin 1979
    intra_inter_ratio: float  # mean distance of a point to its centroid / mean of d over all pairs of groups
    centroid_dunn: float  # smallest d / largest 2 s: index nu_43 of Bezdek and Pal 1998


def separation(groups: Groups) -> Separation:
    """NaN where two centroids coincide (Davies-Bouldin), all do (ratio), or all points lie on theirs
    (Dunn)."""
    num_groups = len(groups.sizes)
    smallest, total, worst = math.inf, 0.0, 0.0
    for rows in _blocks(num_groups):
        distances = torch.cdist(groups.centroids[rows], groups.centroids)  # [b, K]
        distances.diagonal(rows.start).zero_()
        total += float(distances.sum())
        distances.diagonal(rows.start).fill_(math.inf)  # a group is not its own neighbour
        smallest = min(smallest, float(distances.min()))
        worst += float(((groups.intra[rows][:, None] + groups.intra) / distances).amax(1).sum())
    resolution = math.sqrt(groups.resolution)
    mean_intra = float((groups.sizes * groups.intra).sum() / groups.sizes.sum())
    mean_inter = total / (num_groups * (num_groups - 1))
    diameter = 2 * float(groups.intra.max())
    return Separation(
        davies_bouldin=worst / num_groups if smallest > resolution else math.nan,
        intra_inter_ratio=mean_intra / mean_inter if mean_inter > resolution else math.nan,
        centroid_dunn=smallest / diameter if diameter > resolution else math.nan,
    )


def silhouette(points: Tensor, groups: Tensor) -> float:
    """Mean over the points of (b - a) / max(a, b), Rousseeuw 1987: a the mean distance to the other points of
    the own group, b the smallest mean distance to the points of another. 0 for the only point of a group.

    Points [N, D], groups 0 .. K-1 [N], every one of which occurs; K from 2 to N - 1.
    """
    order = groups.argsort(stable=True)
    groups = groups[order]
    points = points.double()[order] - points[0].double()
    sizes = torch.bincount(groups).double()  # [K]
    blocks = [slice(0, len(points))]
    if len(points) * len(sizes) > SUMS_IN_MEMORY:
        blocks = [*_blocks(len(points))]
    sums = _sums_of_blocks(points, groups) if len(blocks) > 1 else iter([_sums_of_all(points, groups)])
    total = 0.0
    for rows, of_rows in zip(blocks, sums, strict=True):
        own = groups[rows]  # [b]
        a = of_rows.gather(0, own[None])[0] / (sizes[own] - 1)  # [b]
        b = of_rows.div_(sizes[:, None]).scatter_(0, own[None], math.inf).amin(0)  # [b]
        scores = ((b - a) / torch.maximum(a, b)).nan_to_num(0)  # 0 / 0: alone in its group, or b = a = 0
        total += float(scores.sum())
    return total / len(points)


class _Distances:
    """Distances between blocks of points [N, D], in memory that the next call overwrites: fresh memory for each block
    takes as long as the product."""

    def __init__(self, points: Tensor, most: int) -> None:
        squared = points.square().sum(1, keepdim=True)  # [N, 1]
        one = torch.ones_like(squared)
        # |x|^2 - 2 x.y + |y|^2 as one product
        self.left = torch.cat([-2 * points, squared, one], 1)  # [N, D + 2]
        self.right = torch.cat([points, one, squared], 1)
        self.room = points.new_empty(min(most, len(points)), min(ROWS, len(points)))

    def __call__(self, others: slice, rows: slice) -> Tensor:
        """[m, b]"""
        room = self.room[: others.stop - others.start, : rows.stop - rows.start]
        distances = torch.mm(self.left[others], self.right[rows].T, out=room).clamp_min_(0).sqrt_()
        if others.start <= rows.start < others.stop:
            distances.diagonal(others.start - rows.start).zero_()
        return distances


def _sums_of_blocks(points: Tensor, groups: Tensor) -> Iterator[Tensor]:
    """Block by block of rows, [K, b] sums of their distances to the points of each group."""
    distances = _Distances(points, len(points))
    for rows in _blocks(len(points)):
        sums = points.new_zeros(int(groups[-1]) + 1, rows.stop - rows.start)
        yield sums.index_add_(0, groups, distances(slice(0, len(points)), rows))


def _sums_of_all(points: Tensor, groups: Tensor) -> Tensor:
    """[K, N] the same of all points at once; `groups` ascend.

    The distance of two points is computed once: a block of points meets itself and those that come after it.
    """
    sums = points.new_zeros(int(groups[-1]) + 1, len(points))
    distances = _Distances(points, OTHERS)
    for rows in _blocks(len(points)):
        for start in range(rows.start, len(points), OTHERS):
            others = slice(start, min(start + OTHERS, len(points)))
            block = distances(others, rows)  # [m, b]
            for group, some in _by_group(block, groups[others], 0):
                sums[group, rows] += some.sum(0)
            later = max(others.start, rows.stop)
            for group, some in _by_group(block[later - others.start :], groups[rows], 1):
                sums[group, later : others.stop] += some.sum(1)
    return sums


def _by_group(block: Tensor, groups: Tensor, dim: int) -> Iterator[tuple[int, Tensor]]:
    """The groups along a dimension, which ascend, and their parts."""
    names, counts = torch.unique_consecutive(groups, return_counts=True)
    return zip(names.tolist(), torch.split(block, counts.tolist(), dim), strict=True)


def _blocks(num_rows: int) -> Iterator[slice]:
    for start in range(0, num_rows, ROWS):
        yield slice(start, min(start + ROWS, num_rows))
