"""Retrieval through ANNOY."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.index import Index
from fsim_plugins.indexes.annoy import Annoy as AnnoyIndex


class Annoy:
    """Measures the index `annoy` (Bernhardsson, github.com/spotify/annoy), as
    `{name: index, index: {name: annoy, trees: 50}}` does, with the metrics of the evaluator `index`.

    Args:
        k: the depths for recall and precision, each 1 or more.
        trees: number of trees, 1 or more; more find more, and take more room and time to build.
        search_k: nodes to look at for a query, 1 or more; None is ANNOY's own, answers x trees.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32.
    """

    timings: ClassVar[frozenset[str]] = Index.timings

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        trees: Annotated[int, Field(ge=1)] = 50,
        search_k: Annotated[int, Field(ge=1)] | None = None,
        seed: int = 0,
    ) -> None:
        self.evaluator = Index(AnnoyIndex(trees, search_k, seed), k)

    @property
    def directions(self) -> Mapping[str, Direction]:
        return self.evaluator.directions

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return self.evaluator(task)
