"""Retrieval through USearch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from fsim.functional.retrieval.retrieval_metrics import Depths
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.evaluators.through_index import TIMINGS, index_directions, measure_index
from fsim_plugins.indexes.usearch import Usearch as UsearchIndex


class Usearch:
    """Asks the index `usearch` for the nearest images. Extra `usearch`. Metrics are those of the evaluator `annoy`.

    Args:
        k: the depths for recall and precision, each 1 or more.
        connectivity: neighbours that an image is linked with in each layer, 2 or more.
        expansion_add: candidates looked at when one is linked in, 1 or more.
        expansion: candidates of a search, 1 or more; at least as many as answers are wanted are taken.

    Raises:
        FsimError: the package is missing; embeddings that are NaN, infinite or too large for float32.
    """

    timings: ClassVar[frozenset[str]] = TIMINGS

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        connectivity: Annotated[int, Field(ge=2, le=1024)] = 16,
        expansion_add: Annotated[int, Field(ge=1)] = 128,
        expansion: Annotated[int, Field(ge=1)] = 64,
    ) -> None:
        self.k = k
        self.index = UsearchIndex(connectivity, expansion_add, expansion)

    @property
    def directions(self) -> Mapping[str, Direction]:
        return index_directions(self.k)

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return measure_index(self.index, task, self.k)
