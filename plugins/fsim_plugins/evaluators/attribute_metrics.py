"""How well scores tell which attributes an image has; what is unknown of an image is left out.

Shape legend: N images, A attributes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fsim.functional.labels.attribute_labels import HAS, UNKNOWN

Floats = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int8]

ROWS = 4096  # images that are ranked at once


def found_among_first(scores: Floats, values: Labels, k: int) -> npt.NDArray[np.int64]:
    """[N, A] and [N, A] of 1, -1, 0 -> [A]: of how many images an attribute they have is among their k likeliest.

    The known attributes of an image are ranked by its scores, equal ones in their order.
    """
    found = np.zeros(values.shape[1], np.int64)
    for start in range(0, len(values), ROWS):
        labels = values[start : start + ROWS]
        ranked = np.where(labels == UNKNOWN, -np.inf, scores[start : start + ROWS])
        first = np.argsort(-ranked, axis=1, kind="stable")[:, :k]  # [N, k]
        hit = np.take_along_axis(labels, first, axis=1) == HAS
        found += np.bincount(first[hit], minlength=len(found))
    return found


def average_precision_of_attribute(scores: Floats, values: Labels) -> float:
    """[N] and [N] of 1, -1, 0 -> sum over thresholds t, falling, of (R(t) - R(before t)) P(t).

    A threshold is a score that occurs, so images of equal score come in together; R and P are recall and precision of
    those at or above it. Equal to scikit-learn's `average_precision_score`. NaN where no image is known to have it.
    """
    known = values != UNKNOWN
    scores, has = scores[known], values[known] == HAS
    if not has.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    scores, has = scores[order], has[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # the last image of each score
    hits = has.cumsum()[last]
    gained = np.diff(hits, prepend=0) / hits[-1]
    return float((gained * hits / (last + 1)).sum())
