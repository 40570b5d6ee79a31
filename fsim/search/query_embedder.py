"""What makes the embeddings of queries: the network of a run, or its export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fsim.interfaces import Distance, Vectors
from fsim.search.passport import Made
from fsim.search.picture import Picture
from fsim.search.reader import Reader


class QueryEmbedder(Protocol):
    """
    made    by which network, and how pictures are prepared for it
    reader  embeds texts; None where the network does not read
    """

    made: Made
    reader: Reader | None

    @property
    def distance(self) -> Distance:
        """How the embeddings are to be compared."""
        ...

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """Pictures -> [Q, D], prepared as the run's images are.

        Raises:
            DamagedImageError: one can't be decoded, or its box holds nothing of it.
        """
        ...
