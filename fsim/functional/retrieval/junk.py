"""Answers without junk: images that are neither right nor wrong, as if the gallery lacked them.

Shape legend: Q queries, G gallery, K answers.
"""

from __future__ import annotations

from torch import Tensor

from fsim.interfaces import JunkLabels


def without_junk(index: Tensor, junk: JunkLabels, k: int) -> Tensor:
    """[Q, K] rows of the gallery, -1 for none -> [Q, k], those that are no junk in their order, filled up with -1.

    All k that there are come out where K is k and the most junk that a query has, or more.
    """
    known = (junk.query >= 0)[:, None]  # [Q, 1]
    is_junk = known & (junk.gallery[index.clamp_min(0)] == junk.query[:, None])
    left = (index >= 0) & ~is_junk  # [Q, K]
    left_first = (~left).byte().argsort(dim=1, stable=True)[:, :k]
    return index.where(left, -1).gather(1, left_first)
