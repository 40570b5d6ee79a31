"""Embeddings to measure indexes with: read from a file, and queries drawn from them with their exact answers.

Shape legend: N embeddings, Q queries, D embedding, K neighbours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from fsim.errors import FsimError
from fsim.functional.retrieval.index_recall import share_found
from fsim.functional.retrieval.index_vectors import checked_embeddings, without_self
from fsim.functional.retrieval.topk import Neighbours, topk
from fsim.interfaces import Distance, IntArray, Vectors


class SampleQueries:
    """Queries drawn from embeddings, and the exact answers to them. A query is left out of its own answers.

    Args:
        embeddings: [N, D], finite.
        distance: `cosine` or `euclidean`.
        k: neighbours to find, 1 to N - 1.
        number: how many queries, at most; N at most are drawn.
        seed: of the draw.

    Raises:
        FsimError: k is out of range.
    """

    def __init__(self, embeddings: Vectors, distance: Distance, k: int, number: int, seed: int) -> None:
        if not 1 <= k < len(embeddings):
            raise FsimError(
                f"{len(embeddings):,} embeddings have no {k:,} neighbours each; set k to 1 to {len(embeddings) - 1:,}"
            )
        self.embeddings, self.distance, self.k = embeddings, distance, k
        drawn = np.random.default_rng(seed).permutation(len(embeddings))[:number]
        self.rows: IntArray = np.sort(drawn)  # [Q]
        self.queries = embeddings[self.rows]  # [Q, D]
        found = topk(torch.from_numpy(self.queries), torch.from_numpy(embeddings), k + 1, distance)
        self.exact = _without_self(found, self.rows)

    def recall(self, answers: IntArray) -> float:
        """Return the share of the exact answers that are among answers [Q, K + 1] of an index, which may hold the
        queries themselves."""
        others = torch.from_numpy(without_self(answers, self.rows))
        gallery = torch.from_numpy(self.embeddings)
        return share_found(torch.from_numpy(self.queries), gallery, self.distance, self.exact, others)


def _without_self(found: Neighbours, rows: IntArray) -> Neighbours:
    """The exact answers [Q, K + 1] to one more than wanted, without the query's own row -> [Q, K]."""
    index = found.index.numpy()
    others = without_self(index, rows)
    place = (index[:, None, :] == others[:, :, None]).argmax(2)  # [Q, K] where each of them stood
    return Neighbours(torch.from_numpy(others), found.score.gather(1, torch.from_numpy(place)))


def read_embeddings(file: Path) -> Vectors:
    """Read embeddings [N, D] from a .npy file, as float32. Nothing in it is executed.

    Raises:
        FsimError: there is no such file, it holds no matrix of numbers, or vectors that are NaN, infinite or longer
            than 1e18.
    """
    try:
        array = np.load(file, allow_pickle=False)
    except FileNotFoundError as error:
        raise FsimError(f"there is no file {file}; give a .npy file of embeddings") from error
    except (OSError, ValueError, EOFError) as error:
        raise FsimError(f"{file} is no .npy file of numbers ({error}); write it with numpy.save") from error
    if not isinstance(array, np.ndarray):
        raise FsimError(f"{file} is an archive of arrays; write one array [images, dimensions] with numpy.save")
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        shape = " x ".join(map(str, array.shape)) or "a single value"
        raise FsimError(f"{file} holds {shape} of {array.dtype}; embeddings are numbers, images x dimensions")
    return checked_embeddings(array, f"embeddings in {file}")
