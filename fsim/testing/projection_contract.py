"""What every projection must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyProjection(ProjectionContract):
        def make(self, seed: int) -> Projection:
            return MyProjection(seed=seed)

Shape legend: N images, D embedding.
"""

from __future__ import annotations

import warnings
from typing import ClassVar

import numpy as np
import pytest
import torch

from fsim.interfaces import Distance, Projection, Vectors

NUM_IMAGES, DIM = 90, 8


def clouds(num_images: int = NUM_IMAGES, dim: int = DIM) -> tuple[Vectors, np.ndarray]:
    """Images of 3 categories that lie far apart, and the category of each."""
    rng = np.random.default_rng(0)
    categories = np.arange(num_images) % 3
    centres = 10 * rng.normal(size=(3, dim))
    return (centres[categories] + rng.normal(size=(num_images, dim))).astype(np.float32), categories


def project(projection: Projection, embedding: Vectors, distance: Distance = "euclidean") -> Vectors:
    """What the projection gives, held against what it promises."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points = projection(embedding, distance)
    assert type(points) is np.ndarray
    assert points.dtype == np.float32
    assert points.shape == (len(embedding), 2)
    assert np.isfinite(points).all(), "a point that is NaN or infinite cannot be drawn"
    return points


class ProjectionContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    repeatable: ClassVar[bool] = True  # False for a library that takes no seed

    def make(self, seed: int) -> Projection:
        """A new projection."""
        raise NotImplementedError

    @pytest.mark.parametrize("distance", ["euclidean", "cosine"])
    def test_categories_that_lie_apart_stay_apart(self, distance: Distance) -> None:
        embedding, categories = clouds()
        points = project(self.make(seed=0), embedding, distance)
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)  # [N, N]
        np.fill_diagonal(apart, np.inf)
        assert (categories[apart.argmin(1)] == categories).mean() > 0.95, "nearest neighbours are of other categories"

    @pytest.mark.parametrize("num_images", [1, 2, 3, 4, 7, 10, 11, 16, 31])
    def test_few_images_have_a_map(self, num_images: int) -> None:
        project(self.make(seed=0), clouds(num_images)[0])

    @pytest.mark.parametrize("dim", [1, 2, 3])
    def test_few_dimensions_have_a_map(self, dim: int) -> None:
        project(self.make(seed=0), clouds(40, dim)[0])

    @pytest.mark.parametrize("distance", ["euclidean", "cosine"])
    @pytest.mark.parametrize("embeddings", ["identical", "zero", "in couples", "two points", "on a line", "huge"])
    @pytest.mark.parametrize("num_images", [3, 40])
    def test_odd_embeddings_have_a_map(self, embeddings: str, distance: Distance, num_images: int) -> None:
        points = clouds(num_images)[0]
        rows = np.arange(num_images)
        if embeddings == "identical":
            points[:] = points[0]
        elif embeddings == "zero":
            points[:] = 0
        elif embeddings == "in couples":
            points = points[rows // 2]
        elif embeddings == "two points":
            points = points[rows % 2]
        elif embeddings == "on a line":
            points = points[0] * (1 + rows[:, None].astype(np.float32))
        else:
            points *= 1e15
        project(self.make(seed=0), points, distance)

    def test_the_same_seed_gives_the_same_map(self) -> None:
        if not self.repeatable:
            pytest.skip("it takes no seed")
        embedding, _ = clouds()
        first = project(self.make(seed=3), embedding)
        np.random.seed(5)
        torch.manual_seed(5)
        np.testing.assert_array_equal(project(self.make(seed=3), embedding), first)

    def test_takes_a_large_seed(self) -> None:
        project(self.make(seed=2**63 - 1), clouds(20)[0])

    def test_leaves_the_embeddings_and_the_global_generators_alone(self) -> None:
        embedding, _ = clouds()
        before = embedding.copy()
        np.random.seed(5)
        torch.manual_seed(5)
        expected = np.random.random(), float(torch.rand(()))
        np.random.seed(5)
        torch.manual_seed(5)
        project(self.make(seed=0), embedding)
        assert (np.random.random(), float(torch.rand(()))) == expected
        np.testing.assert_array_equal(embedding, before)
