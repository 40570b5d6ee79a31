from __future__ import annotations

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Distance
from fsim.search.exact_gallery import ExactGallery


def vectors(number: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).standard_normal((number, 8)).astype(np.float32)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize("num_queries", [1, 20, 70])
def test_the_answers_are_the_exact_neighbours(distance: Distance, num_queries: int) -> None:
    embedding, queries = vectors(500) + 3, vectors(num_queries, seed=1) + 3
    found = ExactGallery(embedding, distance).search(queries, 7)
    exact = topk(torch.from_numpy(queries), torch.from_numpy(embedding), 7, distance)
    np.testing.assert_array_equal(found.ids, exact.index.numpy())
    np.testing.assert_allclose(found.scores, exact.score.numpy(), atol=1e-5)


def test_only_what_is_flagged_is_an_answer() -> None:
    embedding, queries = vectors(100), vectors(3, seed=1)
    flags = np.arange(100) % 20 == 0
    found = ExactGallery(embedding, "cosine").search(queries, 7, flags)
    exact = topk(torch.from_numpy(queries), torch.from_numpy(embedding[flags]), 5, "cosine")
    np.testing.assert_array_equal(found.ids[:, :5], np.flatnonzero(flags)[exact.index.numpy()])
    assert np.all(found.ids[:, 5:] == -1) and np.all(np.isneginf(found.scores[:, 5:]))


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_equal_images_rank_by_their_row(distance: Distance) -> None:
    embedding = np.repeat(vectors(1), 333, axis=0)
    found = ExactGallery(embedding, distance).search(vectors(5, seed=1), 10)
    np.testing.assert_array_equal(found.ids, np.tile(np.arange(10), (5, 1)))


def test_none_and_few_images_and_unfit_queries() -> None:
    gallery = ExactGallery(vectors(2), "cosine")
    assert gallery.search(vectors(0), 3).ids.shape == (0, 3)
    assert gallery.search(vectors(1), 3).ids[0, 2] == -1
    with pytest.raises(FsimError, match="NaN"):
        gallery.search(np.full((1, 8), np.nan, np.float32), 3)
