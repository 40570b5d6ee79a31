"""What an index loses: its answers held against the exact neighbours."""

from __future__ import annotations

import math

from torch import Tensor

from fsim.functional.retrieval.similarity import TILE, Similarity
from fsim.functional.retrieval.topk import Neighbours
from fsim.interfaces import Distance


def share_found(query: Tensor, gallery: Tensor | None, distance: Distance, exact: Neighbours, answers: Tensor) -> float:
    """How many of the exact neighbours are among the answers, or equally near ones (to rounding) in their place.

    Args:
        query: [Q, D].
        gallery: [G, D]; None means leave-one-out, as in `topk`.
        distance: what both compare by.
        exact: of each query, [Q, K].
        answers: [Q, K] rows of the gallery, each once; -1 is none.

    Returns:
        0 to 1, over all neighbours of all queries; NaN where there is no neighbour.
    """
    similarity = Similarity(query, gallery, distance, TILE, TILE)
    farthest = exact.score.masked_fill(exact.index < 0, math.inf).amin(1)  # [Q], of the exact neighbours
    lowest = farthest - similarity.rounding[: len(answers)]
    near_enough = similarity.of_pairs(answers.clamp_min(0)) >= lowest[:, None]  # [Q, K]
    wanted = int((exact.index >= 0).sum())
    return float((near_enough & (answers >= 0)).sum()) / wanted if wanted else math.nan
