"""Exact retrieval with queries that their nearest neighbours have a say in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import unit
from fsim.functional.retrieval.index_vectors import without_self
from fsim.functional.retrieval.relevant_ranks import ranks_in_answers, ranks_in_scores, relevant_of
from fsim.functional.retrieval.retrieval_metrics import (
    Depths,
    metrics_of_blocks,
    rank_metric_names,
    ranking_directions,
    summarise,
)
from fsim.functional.retrieval.search_cost import cost_of_ranks, cost_of_topk
from fsim.functional.retrieval.similarity import whole_rows
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Cost, Direction, Distance, RetrievalTask

NUMBERS_IN_MEMORY = 2**22  # of the neighbours' embeddings


class AlphaQe:
    """Alpha query expansion: searches, makes each query the weighted mean of itself and of what it found, and ranks the
    whole gallery again. Metrics are those of the evaluator `exact`, without nDCG; against it they show what it brings.

        q' = (q + sum_i w_i x_i) / (1 + sum_i w_i),  w_i = max(0, cos(q, x_i))^alpha

    with x_i the n nearest gallery embeddings. Radenovic, Tolias and Chum, "Fine-tuning CNN image retrieval with no
    human annotation", IEEE TPAMI, 2018, scale the sum to length one: cosines are the same.

    Where the head compares by Euclidean distance, of which the paper says nothing, neighbours and answers are those by
    that distance, the weights are cosines all the same, and the mean stays as long as it is. Of embeddings of length
    one both ways give the same ranking.

    In leave-one-out a query is left out, by index, of its neighbours and of its answers, though it is another point
    now; so is its junk (see `RetrievalTask`). An image that resembles few others is drawn towards what is not relevant:
    with few relevant images for a query, take fewer neighbours. NaN: as of `exact`.

    Args:
        k: the depths for recall and precision, each 1 or more.
        neighbours: n, 1 or more. The paper: 50.
        alpha: 0 or more; at 0 all neighbours of positive cosine weigh alike. The paper: 3.
        map: whether to compute map and mrr, which need the full ranking.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32.
    """

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        neighbours: Annotated[int, Field(ge=1)] = 10,
        alpha: Annotated[float, Field(ge=0)] = 3.0,
        map: bool = True,
    ) -> None:
        self.k = k
        self.neighbours = neighbours
        self.alpha = alpha
        self.map = map

    @property
    def directions(self) -> Mapping[str, Direction]:
        return ranking_directions(rank_metric_names(self.k, self.map))

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        relevant = relevant_of(task)  # [Q]
        return summarise(task, metrics_of_blocks(self._ranks(task, relevant), relevant, self.k, self.map), relevant)

    def cost(self, num_queries: int, num_gallery: int | None, dimensions: int) -> Cost:
        """As of `exact`, with one search more and the new queries."""
        images = num_queries if num_gallery is None else num_gallery
        first = cost_of_topk(num_queries, num_gallery, dimensions, self.neighbours)
        asked = (num_queries, images, dimensions)
        second = cost_of_ranks(*asked) if self.map else cost_of_topk(*asked, max(self.k))
        new = 4 * num_queries * dimensions
        return Cost(first.seconds + second.seconds, max(first.bytes, new + second.bytes))

    def _ranks(self, task: RetrievalTask, relevant: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Rows of queries, and the ranks of their relevant images as far as the metrics need them."""
        gallery = task.gallery.embedding
        others = None if task.leave_one_out else gallery
        near = topk(task.query.embedding, others, self.neighbours, task.distance, junk=task.junk_labels).index
        query = expanded(task.query.embedding, gallery, near, self.alpha, task.distance)
        if self.map:
            blocks = _scores(query, task)
            yield from ranks_in_scores(blocks, task.query_labels, task.gallery_labels)
            return
        depth = min(max(*self.k, int(relevant.max())), max(1, len(gallery)))
        index = topk(query, gallery, depth + task.leave_one_out, task.distance, junk=task.junk_labels).index
        if task.leave_one_out:
            index = torch.from_numpy(without_self(index.numpy(), torch.arange(len(index)).numpy()))
        yield slice(None), ranks_in_answers(index, task.query_labels, task.gallery_labels)


def expanded(query: Tensor, gallery: Tensor, near: Tensor, alpha: float, distance: Distance) -> Tensor:
    """The queries' weighted means with their neighbours: [Q, D], [G, D] and rows of the gallery [Q, K] or -1 -> [Q, D].

    By cosine, those of embeddings scaled to length one.
    """
    means = []
    for some in torch.arange(len(query)).split(max(1, NUMBERS_IN_MEMORY // (near.shape[1] * query.shape[1]))):
        one, others = query[some].float(), gallery[near[some].clamp_min(0)].float()  # [B, D], [B, K, D]
        directions = unit(one), unit(others)
        cosine = torch.einsum("bd,bkd->bk", *directions)
        weight = torch.where((near[some] >= 0) & (cosine > 0), cosine**alpha, 0)  # [B, K]
        if distance == "cosine":
            one, others = directions
        share = 1 / (1 + weight.sum(1, keepdim=True))  # [B, 1]
        means.append(share * one + torch.einsum("bk,bkd->bd", share * weight, others))
    return torch.cat(means)


def _scores(query: Tensor, task: RetrievalTask) -> Iterator[tuple[slice, Tensor]]:
    for rows, scores in whole_rows(query, task.gallery.embedding, task.distance, task.junk_labels):
        if task.leave_one_out:
            scores.diagonal(rows.start).fill_(-torch.inf)
        yield rows, scores
