"""Retrieval through faiss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.through_index import TIMINGS, index_directions, measure_index
from fsim_plugins.indexes.faiss import Faiss as FaissIndex


class Faiss:
    """Asks the index `faiss` for the nearest images. Extra `faiss`. Metrics are those of the evaluator `annoy`.

    A parameter may only be given with its type; None is the default that stands here.

    Args:
        k: the depths for recall and precision, each 1 or more.
        type: flat (all images), hnsw (a graph) or ivf (lists around centroids).
        m: of hnsw, links of an image in each layer, 2 or more; None is 32.
        ef_construction: of hnsw, candidates looked at when one is linked in, 1 or more; None is 200.
        ef: of hnsw, candidates of a search, 1 or more; None is 64. At least as many as answers are wanted are taken.
        lists: of ivf, number of lists, 1 to the number of images; None is 4 sqrt(N), and at most N / 39.
        probes: of ivf, lists that a search looks through, 1 or more; None is 8.

    Raises:
        FsimError: the package is missing; a parameter of another type is given; more lists than images; embeddings that
            are NaN, infinite or too large for float32.
    """

    timings: ClassVar[frozenset[str]] = TIMINGS

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        type: Literal["flat", "hnsw", "ivf"] = "hnsw",
        m: Annotated[int, Field(ge=2, le=1024)] | None = None,
        ef_construction: Annotated[int, Field(ge=1)] | None = None,
        ef: Annotated[int, Field(ge=1)] | None = None,
        lists: Annotated[int, Field(ge=1)] | None = None,
        probes: Annotated[int, Field(ge=1)] | None = None,
        seed: int = 0,
    ) -> None:
        self.k = k
        self.index = FaissIndex(type, m, ef_construction, ef, lists, probes, seed)

    @property
    def directions(self) -> Mapping[str, Direction]:
        return index_directions(self.k)

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return measure_index(self.index, task, self.k)
