"""Principal components."""

from __future__ import annotations

from fsim.functional.clusters.principal import compared, principal_plane
from fsim.interfaces import Distance, Vectors


class Pca:
    """The two directions in which the embeddings vary most (Pearson 1901): linear, so what is far apart on the map is
    far apart in truth, though what is near may not be near. The quickest, and it needs no seed.

    Where embeddings are compared by cosine they are scaled to length one before.
    """

    def __call__(self, embedding: Vectors, distance: Distance) -> Vectors:
        """Float32 [N, D] -> float32 [N, 2], centred, in the unit of the embeddings."""
        return principal_plane(compared(embedding, distance))
