"""Retrieval through hnswlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.through_index import TIMINGS, index_directions, measure_index
from fsim_plugins.indexes.hnswlib import Hnswlib as HnswlibIndex


class Hnswlib:
    """Asks the index `hnswlib` for the nearest images. Extra `hnswlib`. Metrics are those of the evaluator `annoy`.

    Args:
        k: the depths for recall and precision, each 1 or more.
        m: neighbours that an image is linked with in each layer, 2 or more.
        ef_construction: candidates looked at when one is linked in, 1 or more.
        ef: candidates of a search, 1 or more; at least as many as answers are wanted are taken.

    Raises:
        FsimError: the package is missing; embeddings that are NaN, infinite or too large for float32.
    """

    timings: ClassVar[frozenset[str]] = TIMINGS

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        m: Annotated[int, Field(ge=2, le=1024)] = 16,
        ef_construction: Annotated[int, Field(ge=1)] = 200,
        ef: Annotated[int, Field(ge=1)] = 64,
        seed: int = 0,
    ) -> None:
        self.k = k
        self.index = HnswlibIndex(m, ef_construction, ef, seed)

    @property
    def directions(self) -> Mapping[str, Direction]:
        return index_directions(self.k)

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return measure_index(self.index, task, self.k)
