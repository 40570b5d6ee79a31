"""Whether captions find their images, and images their captions.

Shape legend: N images, T captions, Q queries of either sort, D embedding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from fsim.functional.retrieval.relevant_ranks import NOWHERE, ranks_in_gallery
from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.functional.retrieval.search_cost import cost_of_ranks
from fsim.interfaces import Cost, Direction, Distance, Embedded, RetrievalTask

USUAL = 4  # captions of an image, for the cost
BOTH_WAYS = ("i2t", "t2i")
PERCENT = 100


class CrossModal:
    """Ranks all captions of the gallery for each image of the query (`i2t`), and all its images for each caption of the
    query (`t2i`). In leave-one-out both are of one split, and the image that a caption describes is among its answers.

    What is right goes by the item: all captions of an item fit all its images. Where the item is unknown, an image is
    an item of its own; where all are, this is the protocol of Kiros, Salakhutdinov and Zemel, "Unifying visual-semantic
    embeddings with multimodal neural language models", arXiv 1411.2539, section 3.1.

        <way>_recall@k     share of queries with a right answer among the first k: of several the best counts; 0 to 1
        <way>_median_rank  floor(median of the rank of the first right answer, from 0) + 1, as published
        <way>_mean_rank    the mean of the same rank, from 1
        rsum               the sum of all recalls of both ways in percent, as published: 0 to 600 for three depths
        num_captions       captions that ask and have an answer. Neither more nor fewer is better; every metric has a
                           direction

    The whole split is ranked, never a batch. Queries without a right answer, such as images of items without a caption,
    are left out; a caption without a word that the network knows asks all the same. With `junk: item` all of known
    items are left out. Equal scores rank in the order of the catalog.
    `task.per_query` has the recalls of images: whether it finds one, and how many of its captions do, over how many the
    usual image has. So the mean over images is that over captions.
    NaN: every metric where no query has a right answer.

    Args:
        k: the depths for recall. The paper: 1, 5 and 10.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"captions", "text_embedding"})

    def __init__(self, k: Depths = (1, 5, 10)) -> None:
        self.k = k

    @property
    def directions(self) -> Mapping[str, Direction]:
        names: dict[str, Direction] = {}
        for way in BOTH_WAYS:
            names |= {f"{way}_recall@{depth}": "max" for depth in self.k}
            names |= {f"{way}_median_rank": "min", f"{way}_mean_rank": "min"}
        return {**names, "rsum": "max", "num_captions": "max"}

    def cost(self, num_queries: int, num_gallery: int | None, dimensions: int) -> Cost:
        """As if each image had `USUAL` captions."""
        gallery = num_queries if num_gallery is None else num_gallery
        ways = [cost_of_ranks(num_queries, USUAL * gallery, dimensions)]
        ways.append(cost_of_ranks(USUAL * num_queries, gallery, dimensions))
        return Cost(sum(one.seconds for one in ways), max(one.bytes for one in ways))

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        images, others = _images_of(task)
        captions = _captions_of(task, task.query, images)
        answers = captions if task.leave_one_out else _captions_of(task, task.gallery, others)
        ranks = {
            "i2t": _first_ranks(images, answers, task.distance),
            "t2i": _first_ranks(captions, others, task.distance),
        }
        measures: dict[str, float] = {}
        for way, of_all in ranks.items():
            of_way = of_all[of_all != NOWHERE]  # from 1
            measures |= {f"{way}_recall@{depth}": _mean(of_way <= depth) for depth in self.k}
            measures[f"{way}_median_rank"] = _median(of_way)
            measures[f"{way}_mean_rank"] = _mean(of_way)
        for depth in self.k:
            hits = (ranks["i2t"] <= depth).double()
            task.per_query[f"i2t_recall@{depth}"] = hits.masked_fill(ranks["i2t"] == NOWHERE, math.nan)
            task.per_query[f"t2i_recall@{depth}"] = _of_images(ranks["t2i"], depth, _counts(task.query))
        recalls = [measures[f"{way}_recall@{depth}"] for way in BOTH_WAYS for depth in self.k]
        found = float((ranks["t2i"] != NOWHERE).sum())
        return {**measures, "rsum": PERCENT * sum(recalls), "num_captions": found}


class _Side(NamedTuple):
    """Images or captions, and the number of the item of each."""

    embedding: Tensor  # [Q, D]
    items: Tensor  # [Q] int64, -1 where none of the other side can be right


def _images_of(task: RetrievalTask) -> tuple[_Side, _Side]:
    """Those that ask, and those that answer."""
    items = task.query.items
    known = items if task.junk is None else torch.full_like(items, -1)  # all that would be right is junk
    if not task.leave_one_out:
        return _Side(task.query.embedding, known), _Side(task.gallery.embedding, task.gallery.items)
    own = int(items.max()) + 1 + torch.arange(len(items)) if len(items) else items
    side = _Side(task.query.embedding, torch.where(items >= 0, known, own))
    return side, side


def _captions_of(task: RetrievalTask, images: Embedded, side: _Side) -> _Side:
    assert images.captions is not None and task.embed_text is not None
    texts = [caption for of_image in images.captions for caption in of_image]
    embedding = task.embed_text(texts) if texts else images.embedding[:0]
    return _Side(embedding, side.items.repeat_interleave(_counts(images)))


def _counts(images: Embedded) -> Tensor:
    """[N] int64, the captions of each image."""
    assert images.captions is not None
    return torch.tensor([len(of_image) for of_image in images.captions], dtype=torch.int64)


def _of_images(ranks: Tensor, depth: int, counts: Tensor) -> Tensor:
    """Ranks of captions [T], `counts` of each image [N] -> [N]: how many of an image's captions find one among the
    first `depth`, over how many the usual image has; NaN where none of them has an answer."""
    whose = torch.arange(len(counts)).repeat_interleave(counts)  # [T]
    hits = torch.bincount(whose[ranks <= depth], minlength=len(counts)).double()
    asking = torch.bincount(whose[ranks != NOWHERE], minlength=len(counts))
    usual = asking.sum() / (asking > 0).sum()
    return (hits / usual).masked_fill(asking == 0, math.nan)


def _first_ranks(query: _Side, gallery: _Side, distance: Distance) -> Tensor:
    """[Q] int64, from 1: the rank of the first right answer; `NOWHERE` where there is none."""
    first = torch.full((len(query.items),), NOWHERE)
    if not len(query.items) or not len(gallery.items):
        return first
    for rows, ranks in ranks_in_gallery(query.embedding, gallery.embedding, query.items, gallery.items, distance):
        if ranks.shape[1]:
            first[rows] = ranks[:, 0]
    return first


def _mean(values: Tensor) -> float:
    return float(values.double().mean()) if len(values) else math.nan


def _median(ranks: Tensor) -> float:
    """Ranks from 1: floor(median of ranks - 1) + 1, between the two in the middle where they are even in number."""
    return float(math.floor(np.median(ranks.numpy() - 1)) + 1) if len(ranks) else math.nan
