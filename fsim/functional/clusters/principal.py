"""Principal components, and the plane of two of them that every projection starts from.

Shape legend: N points, D dimensions, d axes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fsim.functional.clusters.separation_measures import coincide
from fsim.functional.distances import unit
from fsim.functional.draws import keyed_generator
from fsim.interfaces import Distance, Vectors

NO_VARIANCE = 1e-12  # as a fraction of the largest variance: float32 points carry no more digits
FEW = 10  # so few points have no neighbourhoods that differ from the whole


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


def compared(embedding: Vectors, distance: Distance) -> Vectors:
    """Embeddings [N, D] as points among which Euclidean distance ranks as `distance` does: float32 [N, D], of length
    one for cosine, since then |x - y|^2 = 2 - 2 cos(x, y). A column of zeros is added where D is 1."""
    points = torch.from_numpy(np.array(embedding, dtype=np.float32))  # a copy: no library may write to the embeddings
    compared: Vectors = (unit(points) if distance == "cosine" else points).numpy()
    return compared if compared.shape[1] > 1 else np.pad(compared, ((0, 0), (0, 1)))


def principal_plane(points: Vectors) -> Vectors:
    """[N, D] -> float32 [N, 2], centred, on their two axes of largest variance. The sign of each axis is that of
    its largest coefficient, so that it does not depend on the solver; along an axis without variance all are 0."""
    exact = torch.from_numpy(points).double()
    centred = exact - exact.mean(0)
    variances, axes = torch.linalg.eigh(centred.T @ centred)  # ascending [D], [D, D]
    axes = axes[:, -2:].flip(1)  # [D, 2]
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))  # [1, 2]
    plane = centred @ (axes * largest.sign())
    plane[:, variances[-2:].flip(0) <= NO_VARIANCE * exact.square().sum()] = 0
    found: Vectors = plane.float().numpy()
    return found


def without_neighbourhoods(points: Vectors) -> bool:
    """Whether points [N, D] have no neighbourhoods to keep: there are fewer than `FEW`, or all are one point."""
    return len(points) < FEW or coincide(torch.from_numpy(points))


def start_from(plane: Vectors, deviation: float, seed: int) -> npt.NDArray[np.float64]:
    """Vectors [N, 2], to start an optimisation from: with this standard deviation along the first axis, and a hundredth
    of it in noise, without which points on a line or on each other would never part."""
    noise = keyed_generator(seed, "projection").normal(size=plane.shape)
    start: npt.NDArray[np.float64] = deviation * (plane / plane[:, 0].std(dtype=np.float64) + 0.01 * noise)
    return start
