"""What the embeddings of a split look like, whatever their labels: has the network collapsed?

Shape legend: N images, D embedding.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from fsim.functional.distances import unit
from fsim.functional.draws import keyed_generator

MAX_IMAGES = 1_000
MEASURES = ("effective_rank", "dimensions_99", "spread", "mean_cosine", "norm_spread", "duplicates")
DUPLICATE = 1e-5  # of the embeddings' length: float32 sums that differ in their order only differ by less
VARIANCE = 0.99


def embedding_health(points: Tensor, seed: int = 0) -> dict[str, float]:
    """Measures of embeddings [N, D], of a fixed random sample where there are more than `MAX_IMAGES`.

        effective_rank  exp(-sum p log p), p the singular values of the centred embeddings as shares of their sum; 1 to
                        min(D, N - 1). Roy and Vetterli, "The effective rank", EUSIPCO 2007, there without centring;
                        RankMe of Garrido et al., ICML 2023, is the same number
        dimensions_99   the fewest principal components that hold 99 % of the variance; 1 to min(D, N - 1)
        spread          E|x - E x|^2 / E|x|^2; 0: all are one point, 1: their mean is the origin
        mean_cosine     mean cosine of two different images; -1 to 1, near 1 where all point in one direction
        norm_spread     standard deviation of the lengths over their mean; from 0
        duplicates      share of images with another one at the same point, to 1e-5 of the root mean square length

    NaN: all of them where there are fewer than two images, or one that is not finite; effective_rank and dimensions_99
    where all images are one point; spread and norm_spread where all embeddings are zero.

    Args:
        points: [N, D], as they are compared: of length one where that is by cosine.
        seed: another seed, another sample.
    """
    if len(points) > MAX_IMAGES:
        rows = keyed_generator(seed, "embedding_health").choice(len(points), MAX_IMAGES, replace=False)
        points = points[torch.from_numpy(rows).sort().values]
    points = points.double()
    if len(points) < 2 or not bool(points.isfinite().all()):
        return dict.fromkeys(MEASURES, math.nan)
    square = float(points.square().sum(1).mean())  # E|x|^2
    lengths = points.norm(dim=1)  # [N]
    of_two = unit(points).sum(0).square().sum() - (lengths > 0).sum()
    measures = {
        "effective_rank": math.nan,
        "dimensions_99": math.nan,
        "spread": math.nan,
        "mean_cosine": float(of_two / (len(points) * (len(points) - 1))),
        "norm_spread": math.nan,
        "duplicates": _duplicates(points, DUPLICATE * math.sqrt(square)),
    }
    if square > 0:
        centred = points - points.mean(0)
        measures["spread"] = float(centred.square().sum(1).mean()) / square
        measures["norm_spread"] = float(lengths.std(correction=0) / lengths.mean())
        if measures["spread"] > DUPLICATE**2:
            measures |= _dimensions(centred)
    return measures


def _dimensions(centred: Tensor) -> dict[str, float]:
    values = torch.linalg.svdvals(centred)  # descending
    shares, variances = values / values.sum(), values.square()
    held = variances.cumsum(0) / variances.sum()
    return {
        "effective_rank": float(torch.special.entr(shares).sum().exp()),
        "dimensions_99": float((held < VARIANCE).sum() + 1),
    }


def _duplicates(points: Tensor, near: float) -> float:
    nearest = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(math.inf).amin(1)
    return float((nearest <= near).double().mean())
