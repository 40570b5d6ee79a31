"""An index in memory, of made-up embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog, Distance
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.passport import EmbeddingSource, Passport
from fsim.search.search_index import SearchIndex, make_index


def source(distance: Distance = "cosine", **other: Any) -> EmbeddingSource:
    known: dict[str, Any] = {"run": "r", "run_name": "a/b", "checkpoint": "best", "weights": "w"}
    known |= {"preparation": Preparation(8), "dimensions": 4, "distance": distance, "precision": "fp32"}
    return EmbeddingSource(**(known | other))


def opened(embedding: np.ndarray[Any, Any], distance: Distance = "cosine", kind: str = "exact") -> SearchIndex:
    number = len(embedding)
    catalog = Catalog.of(
        {
            "image": [f"{row}.jpg" for row in range(number)],
            "split": ["val"] * number,
            "category": [("hat", "shoe", "")[row % 3] for row in range(number)],
            "item": [f"item {row // 2}" if row % 5 else "" for row in range(number)],
            "attributes": [
                {"colour": ["red", "blue"] if row % 2 else "red"} if row % 4 else {} for row in range(number)
            ],
        },
        Path(),
    )
    images = NO_IMAGES.with_more(catalog.frame, [b"jpeg" * (row % 3) for row in range(number)])
    index = make_index(kind, {})
    index.build(embedding, distance)
    passport = Passport(source(distance), kind, {}, number, "-", "-", 1.0, 10, "0")
    return SearchIndex(Path("x"), passport, images, embedding, index)


def vectors(number: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal((number, 4)).astype(np.float32)
