"""What stands among the first answers: how often categories are taken for each other, and images returned.

Shape legend: Q queries, G gallery, K answers, C categories.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fsim.interfaces import IntArray


def category_confusion(
    index: IntArray, query_categories: IntArray, gallery_categories: IntArray, num_categories: int
) -> npt.NDArray[np.float64]:
    """[C, C]: of the answers to queries of one category (row), the share that shows each category (column).

    Args:
        index: [Q, K] gallery rows of the answers; -1 where there is none.
        query_categories: [Q], -1 where unknown; such queries, and answers of unknown category, do not count.
        gallery_categories: [G], likewise.
        num_categories: C.

    Rows sum to 1; one without an answer is NaN.
    """
    shown = np.append(gallery_categories, -1)[index]  # [Q, K]
    asked = np.broadcast_to(query_categories[:, None], shown.shape)
    known = (shown >= 0) & (asked >= 0)
    counts = np.zeros((num_categories, num_categories))
    np.add.at(counts, (asked[known], shown[known]), 1)
    with np.errstate(invalid="ignore"):
        shares: npt.NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
    return shares


def occurrences(index: IntArray, num_gallery: int) -> IntArray:
    """[Q, K] answers -> [G], how many queries each gallery image is an answer to: N_k of Radovanovic, Nanopoulos and
    Ivanovic, "Hubs in space", JMLR 11, 2010. Their mean is K Q / G where every query has K answers."""
    counts: IntArray = np.bincount(index[index >= 0], minlength=num_gallery).astype(np.int64)
    return counts


def skewness(counts: IntArray) -> float:
    """The third standardised moment of N_k [G], by which the same paper (section 2.2) measures hubs: about 0 where all
    images are returned alike, above 1 where a few are returned to very many queries. NaN where none differs."""
    off = counts - counts.mean()
    deviation = np.sqrt(np.mean(off**2))
    return float(np.mean(off**3) / deviation**3) if deviation > 0 else float("nan")
