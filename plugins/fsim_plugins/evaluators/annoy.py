"""Retrieval through ANNOY, an approximate index, and what it loses against the exact answer."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import annoy
import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.relevant_ranks import num_relevant, ranks_in_answers
from fsim.functional.retrieval_metrics import Depths, micro_and_macro, topk_metrics
from fsim.functional.similarity import TILE, Similarity
from fsim.functional.topk import Neighbours, topk
from fsim.interfaces import Direction, RetrievalTask


class Annoy:
    """Asks an ANNOY index (Bernhardsson, github.com/spotify/annoy) for the nearest images, as a shop's search would.

        recall@k, precision@k   as of the evaluator `exact`, from ANNOY's answers; with `macro_` before the name, means
                                over labels. Fewer answers than k count as wrong ones
        index_recall@k          for the largest k: share of the exact nearest that ANNOY found, over all queries; an
                                image just as near as the k-th (to rounding) is as good. What is lost here is the
                                index's fault, not the embedding's
        build_seconds           adding the images and building the trees, on one core
        queries_per_second      one query after another, on one core
        index_mb                size of the saved index, 10^6 bytes
        num_queries, num_queries_without_relevant   as of `exact`

    The index is `angular` for cosine, else `euclidean`. In leave-one-out one more answer is asked for, and the query
    taken out by its index. It is built on one core: with more, trees come in another order each time, and so do
    answers. build_seconds and queries_per_second are timings: they differ from run to run.

    NaN: metrics of retrieval where no query has a relevant image, index_recall@k where there is no answer.

    Args:
        k: the depths for recall and precision, each 1 or more.
        trees: number of trees, 1 or more; more find more, and take more room and time to build.
        search_k: nodes to look at for a query, 1 or more; None is ANNOY's own, answers x trees.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32.
    """

    timings: ClassVar[frozenset[str]] = frozenset({"build_seconds", "queries_per_second"})

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        trees: Annotated[int, Field(ge=1)] = 50,
        search_k: Annotated[int, Field(ge=1)] | None = None,
        seed: int = 0,
    ) -> None:
        self.k = k
        self.trees = trees
        self.search_k = search_k
        self.seed = seed

    @property
    def directions(self) -> Mapping[str, Direction]:
        names = [f"{name}@{depth}" for depth in self.k for name in ("recall", "precision")]
        return {
            **dict.fromkeys(names, "max"),
            **dict.fromkeys((f"macro_{name}" for name in names), "max"),
            f"index_recall@{max(self.k)}": "max",
            "build_seconds": "min",
            "queries_per_second": "max",
            "index_mb": "min",
            "num_queries": "max",
            "num_queries_without_relevant": "min",
        }

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        gallery = None if task.leave_one_out else task.gallery.embedding
        exact = topk(task.query.embedding, gallery, max(self.k), task.distance)
        answers, cost = self._search(task)  # [Q, K]
        relevant = num_relevant(task.query_labels, None if task.leave_one_out else task.gallery_labels)  # [Q]
        counted = relevant > 0
        ranks = ranks_in_answers(answers, task.query_labels, task.gallery_labels)
        metrics = topk_metrics(ranks, self.k)  # [Q]
        task.per_query.update(
            {name: values.double().masked_fill(~counted, math.nan) for name, values in metrics.items()}
        )
        return {
            **micro_and_macro({name: values[counted] for name, values in metrics.items()}, task.query_labels[counted]),
            f"index_recall@{max(self.k)}": share_found(task, exact, answers),
            **cost,
            "num_queries": float(counted.sum()),
            "num_queries_without_relevant": float((~counted).sum()),
        }

    def _search(self, task: RetrievalTask) -> tuple[Tensor, dict[str, float]]:
        """ANNOY's answers [Q, K], -1 where it gave fewer, and what they cost."""
        start = time.perf_counter()
        index = annoy.AnnoyIndex(
            task.gallery.embedding.shape[1], "angular" if task.distance == "cosine" else "euclidean"
        )
        index.set_seed(self.seed % 2**31)
        for place, embedding in enumerate(task.gallery.embedding):
            index.add_item(place, embedding.tolist())
        index.build(self.trees, n_jobs=1)
        built = time.perf_counter()
        k = max(self.k)
        answers = torch.full((len(task.query.embedding), k), -1)
        for row, embedding in enumerate(task.query.embedding):
            found = index.get_nns_by_vector(embedding.tolist(), k + task.leave_one_out, self.search_k or -1)
            if task.leave_one_out:
                found = [place for place in found if place != row][:k]
            answers[row, : len(found)] = torch.tensor(found, dtype=torch.int64)
        asked = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            saved = Path(folder) / "index.ann"
            index.save(str(saved))
            size = saved.stat().st_size
            index.unload()
        return answers, {
            "build_seconds": built - start,
            "queries_per_second": len(answers) / (asked - built),
            "index_mb": size / 1e6,
        }


def share_found(task: RetrievalTask, exact: Neighbours, answers: Tensor) -> float:
    """How many of the exact neighbours are among the answers [Q, K], or equally near ones in their place."""
    gallery = None if task.leave_one_out else task.gallery.embedding
    similarity = Similarity(task.query.embedding, gallery, task.distance, TILE, TILE)
    farthest = exact.score.masked_fill(exact.index < 0, math.inf).amin(1)  # [Q], of the exact neighbours
    lowest = farthest - similarity.rounding[: len(answers)]
    near_enough = similarity.of_pairs(answers.clamp_min(0)) >= lowest[:, None]  # [Q, K]
    wanted = int((exact.index >= 0).sum())
    return float((near_enough & (answers >= 0)).sum()) / wanted if wanted else math.nan
