"""Retrieval through an approximate index, and what it loses against the exact answer: what the evaluators `annoy`,
`faiss`, `hnswlib` and `usearch` share.

    recall@k, precision@k   as of the evaluator `exact`, from the index's answers; with `macro_` before the name, means
                            over labels. Fewer answers than k count as wrong ones
    index_recall@k          for the largest k: share of the exact nearest that the index found, over all queries; an
                            image just as near as the k-th (to rounding) is as good. What is lost here is the index's
                            fault, not the embedding's
    build_seconds           adding the images and building, on one core
    queries_per_second      all queries, one core
    index_mb                size of the saved index, 10^6 bytes
    num_queries, num_queries_without_relevant   as of `exact`

In leave-one-out one more answer is asked for, and the query taken out by its number. An index knows nothing of junk: as
many more answers are asked for as a query has junk, at most, and the junk is taken out of them. An index is built on
one core: with more, many come out another each time, and so do answers. build_seconds and queries_per_second are
timings: they differ from run to run. NaN: metrics of retrieval where no query has a relevant image, index_recall@k
where there is no answer.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fsim.functional.retrieval.index_recall import share_found
from fsim.functional.retrieval.index_vectors import without_self
from fsim.functional.retrieval.junk import without_junk
from fsim.functional.retrieval.relevant_ranks import num_relevant, ranks_in_answers, relevant_of
from fsim.functional.retrieval.retrieval_metrics import ranking_directions, summarise, topk_metrics
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Direction, Index, RetrievalTask
from fsim.kit.saved_index import index_bytes

TIMINGS = frozenset({"build_seconds", "queries_per_second"})


def index_directions(k: Sequence[int]) -> Mapping[str, Direction]:
    """Every metric of `measure_index`."""
    names = [f"{name}@{depth}" for depth in k for name in ("recall", "precision")]
    costs: dict[str, Direction] = {"build_seconds": "min", "queries_per_second": "max", "index_mb": "min"}
    return {**ranking_directions(names), f"index_recall@{max(k)}": "max", **costs}


def measure_index(index: Index, task: RetrievalTask, k: Sequence[int]) -> dict[str, float]:
    """Builds the index of the task's gallery, and asks it.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32; the index refuses them.
    """
    gallery = None if task.leave_one_out else task.gallery.embedding
    exact = topk(task.query.embedding, gallery, max(k), task.distance, junk=task.junk_labels)
    answers, cost = _ask(index, task, max(k))  # [Q, K]
    metrics = topk_metrics(ranks_in_answers(answers, task.query_labels, task.gallery_labels), k)  # [Q]
    found = share_found(task.query.embedding, gallery, task.distance, exact, answers)
    return {**summarise(task, metrics, relevant_of(task)), f"index_recall@{max(k)}": found, **cost}


def _ask(index: Index, task: RetrievalTask, k: int) -> tuple[Tensor, dict[str, float]]:
    """The index's answers [Q, K], -1 where it gave fewer, and what they cost."""
    gallery, queries = task.gallery.embedding.numpy(), task.query.embedding.numpy()
    junk, most_junk = task.junk_labels, 0
    if junk is not None:
        most_junk = int(num_relevant(junk.query, None if task.leave_one_out else junk.gallery).max())
    start = time.perf_counter()
    index.build(gallery, task.distance)
    built = time.perf_counter()
    found = index.search(queries, k + most_junk + task.leave_one_out).ids
    if task.leave_one_out:
        found = without_self(found, np.arange(len(found)))
    answers = torch.from_numpy(found)
    if junk is not None:
        answers = without_junk(answers, junk, k)
    asked = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        size = index_bytes(Path(folder))
    return answers, {
        "build_seconds": built - start,
        "queries_per_second": len(answers) / (asked - built),
        "index_mb": size / 1e6,
    }
