"""Retrieval through ANNOY."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.through_index import TIMINGS, index_directions, measure_index
from fsim_plugins.indexes.annoy import Annoy as AnnoyIndex


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

    timings: ClassVar[frozenset[str]] = TIMINGS

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        trees: Annotated[int, Field(ge=1)] = 50,
        search_k: Annotated[int, Field(ge=1)] | None = None,
        seed: int = 0,
    ) -> None:
        self.k = k
        self.index = AnnoyIndex(trees, search_k, seed)

    @property
    def directions(self) -> Mapping[str, Direction]:
        return index_directions(self.k)

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return measure_index(self.index, task, self.k)
