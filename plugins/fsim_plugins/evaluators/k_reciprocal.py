"""Retrieval by who is among the other's neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.retrieval.relevant_ranks import ranks_in_scores, relevant_of
from fsim.functional.retrieval.retrieval_metrics import (
    Depths,
    metrics_of_blocks,
    rank_metric_names,
    ranking_directions,
    summarise,
)
from fsim.functional.retrieval.similarity import whole_rows
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.reciprocal_encoding import JaccardDistance, farthest, half_squared, reciprocal_encoding


class KReciprocal:
    """Re-ranking by k-reciprocal encoding: ranks the whole gallery by the neighbours that query and image share.
    Metrics are those of the evaluator `exact`, without nDCG; against it they show what it brings.

        (1 - original_weight) Jaccard distance of the two encodings + original_weight d(q, g)

    with d the squared Euclidean distance (of embeddings scaled to length one, where the head compares by cosine) over
    that to the image farthest from the query. Zhong, Zheng, Cao and Li, "Re-ranking person re-identification with
    k-reciprocal encoding", CVPR 2017, equations 2 to 12, as their program computes it (`reciprocal_encoding`).

    Queries and gallery together are the images among which neighbours are looked for, as in the paper; so an answer
    depends on the other queries, which a shop that is asked one at a time has not. In leave-one-out each image is there
    once, and a query is left out of its own answers by index. Junk (see `RetrievalTask`) is no answer, but a neighbour
    as all images are. NaN: as of `exact`.

    It costs a few times what `exact` costs: two rounds of all pairs of images, and for each query the gallery images
    that share a neighbour with it; how many these are nobody knows before, so it offers no `cost`. Memory beside the
    embeddings: two copies of them, and some k1 k2 entries of 8 bytes an image.

    Args:
        k: the depths for recall and precision, each 1 or more.
        k1: neighbours of which the reciprocal ones are taken, 1 or more. The paper: 20.
        k2: images whose encodings are averaged, 1 or more; 1 is the image's own. The paper: 6.
        original_weight: weight of the distance between the embeddings, 0 to 1. The paper's lambda: 0.3.
        map: whether to compute map and mrr.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32.
    """

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        k1: Annotated[int, Field(ge=1)] = 20,
        k2: Annotated[int, Field(ge=1)] = 6,
        original_weight: Annotated[float, Field(ge=0, le=1)] = 0.3,
        map: bool = True,
    ) -> None:
        self.k = k
        self.k1 = k1
        self.k2 = k2
        self.original_weight = original_weight
        self.map = map

    @property
    def directions(self) -> Mapping[str, Direction]:
        return ranking_directions(rank_metric_names(self.k, self.map))

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        relevant = relevant_of(task)  # [Q]
        blocks = ranks_in_scores(self.scores(task), task.query_labels, task.gallery_labels)
        return summarise(task, metrics_of_blocks(blocks, relevant, self.k, self.map), relevant)

    def scores(self, task: RetrievalTask) -> Iterator[tuple[slice, Tensor]]:
        """Rows of queries and minus their distances to the gallery [B, G], -inf for a query itself and its junk."""
        query, gallery = task.query.embedding, None if task.leave_one_out else task.gallery.embedding
        junk = task.junk_labels
        images = query if gallery is None else torch.cat([query, gallery])  # [N, D]
        longest = farthest(images, task.distance)  # [N]
        encoding = reciprocal_encoding(images, task.distance, self.k1, self.k2, longest)
        jaccard = JaccardDistance(encoding if gallery is None else encoding[len(query) :])
        for rows, scores in whole_rows(query, gallery, task.distance):
            if gallery is None:
                scores.diagonal(rows.start).fill_(0)  # not infinite, which 0 times would be NaN
            distances = half_squared(scores, task.distance) / longest[rows, None]  # [B, G]
            for row, distance in zip(range(rows.start, rows.stop), distances.numpy(), strict=True):
                entries = slice(encoding.indptr[row], encoding.indptr[row + 1])
                apart = jaccard(encoding.indices[entries], encoding.data[entries])
                distance *= self.original_weight
                distance += (1 - self.original_weight) * apart
            scores = -distances
            if gallery is None:
                scores.diagonal(rows.start).fill_(-torch.inf)
            if junk is not None:
                known = (junk.query[rows] >= 0)[:, None]
                scores.masked_fill_(known & (junk.query[rows, None] == junk.gallery), -torch.inf)
            yield rows, scores
