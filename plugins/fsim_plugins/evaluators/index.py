"""Retrieval through an approximate index, and what it loses against the exact answer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from fsim import interfaces
from fsim.functional.retrieval.index_recall import share_found
from fsim.functional.retrieval.index_vectors import without_self
from fsim.functional.retrieval.relevant_ranks import num_relevant, ranks_in_answers, relevant_of
from fsim.functional.retrieval.retrieval_metrics import Depths, ranking_directions, summarise, topk_metrics
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Direction, JunkLabels, RetrievalTask
from fsim.kit.saved_index import index_bytes


class Index:
    """Measures any index against the exact answer: `{name: index, index: {name: hnswlib, m: 16}}`. Its metrics carry
    the index's name: `hnswlib/recall@1`.

        recall@k, precision@k   as of the evaluator `exact`, from the index's answers; with `macro_` before the name,
                                means over labels. Fewer answers than k count as wrong ones
        index_recall@k          for the largest k: share of the exact nearest that the index found, over all queries; an
                                image just as near as the k-th (to rounding) is as good. What is lost here is the
                                index's fault, not the embedding's
        build_seconds           adding the images and building, on one core
        queries_per_second      all queries, one core
        index_mb                size of the saved index, 10^6 bytes
        num_queries, num_queries_without_relevant   as of `exact`

    In leave-one-out one more answer is asked for, and the query taken out by its number. An index knows nothing of
    junk: as many more answers are asked for as a query has junk, at most, and the junk is taken out of them. An index
    is built on one core: with more, many come out another each time, and so do answers. build_seconds and
    queries_per_second are timings: they differ from run to run. NaN: metrics of retrieval where no query has a relevant
    image, index_recall@k where there is no answer.

    Args:
        index: what is measured; `fsim list-plugins --kind index` names them.
        k: the depths for recall and precision, each 1 or more.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32; the index refuses them.
    """

    timings: ClassVar[frozenset[str]] = frozenset({"build_seconds", "queries_per_second"})

    def __init__(self, index: interfaces.Index, k: Depths = (1, 5, 10)) -> None:
        self.index = index
        self.k = k

    @property
    def directions(self) -> Mapping[str, Direction]:
        names = [f"{name}@{depth}" for depth in self.k for name in ("recall", "precision")]
        costs: dict[str, Direction] = {"build_seconds": "min", "queries_per_second": "max", "index_mb": "min"}
        return {**ranking_directions(names), f"index_recall@{max(self.k)}": "max", **costs}

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        k = max(self.k)
        gallery = None if task.leave_one_out else task.gallery.embedding
        exact = topk(task.query.embedding, gallery, k, task.distance, junk=task.junk_labels)
        answers, cost = self._ask(task, k)  # [Q, K]
        metrics = topk_metrics(ranks_in_answers(answers, task.query_labels, task.gallery_labels), self.k)  # [Q]
        found = share_found(task.query.embedding, gallery, task.distance, exact, answers)
        return {**summarise(task, metrics, relevant_of(task)), f"index_recall@{k}": found, **cost}

    def _ask(self, task: RetrievalTask, k: int) -> tuple[Tensor, dict[str, float]]:
        """The index's answers [Q, K], -1 where it gave fewer, and what they cost."""
        gallery, queries = task.gallery.embedding.numpy(), task.query.embedding.numpy()
        junk, most_junk = task.junk_labels, 0
        if junk is not None:
            most_junk = int(num_relevant(junk.query, None if task.leave_one_out else junk.gallery).max())
        start = time.perf_counter()
        self.index.build(gallery, task.distance)
        built = time.perf_counter()
        found = self.index.search(queries, k + most_junk + task.leave_one_out).ids
        if task.leave_one_out:
            found = without_self(found, np.arange(len(found)))
        answers = torch.from_numpy(found)
        if junk is not None:
            answers = without_junk(answers, junk, k)
        asked = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            self.index.save(Path(folder))
            size = index_bytes(Path(folder))
        return answers, {
            "build_seconds": built - start,
            "queries_per_second": len(answers) / (asked - built),
            "index_mb": size / 1e6,
        }


def without_junk(index: Tensor, junk: JunkLabels, k: int) -> Tensor:
    """Drop junk from answers: [Q, K] rows of the gallery, -1 for none -> [Q, k], in their order, filled up with -1.

    All k that there are come out where K is k and the most junk that a query has, or more.
    """
    known = (junk.query >= 0)[:, None]  # [Q, 1]
    is_junk = known & (junk.gallery[index.clamp_min(0)] == junk.query[:, None])
    left = (index >= 0) & ~is_junk  # [Q, K]
    left_first = (~left).byte().argsort(dim=1, stable=True)[:, :k]
    return index.where(left, -1).gather(1, left_first)
