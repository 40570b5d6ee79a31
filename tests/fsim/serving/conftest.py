"""Coroutines, run to their end; indexes in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import Catalog
from fsim.model.text_tower import LinearTextHead, TextTower
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.passport import EmbeddingSource, Passport
from fsim.search.query_embedder import TextEmbedder
from fsim.search.search_index import SearchIndex, make_index
from fsim.serving.loaded_index import LoadedIndex
from fsim_plugins.text_encoders.bag_of_words import BagOfWords


@pytest.fixture
def finished() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """finished(coroutine) -> its result; on a thread, since the tests of pages leave a running loop on the main one."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda coroutine: thread.submit(asyncio.run, coroutine).result()


class WordEmbedder:
    """A network that reads, and is asked about no picture."""

    distance = "cosine"

    def __init__(self) -> None:
        words = Vocabulary(("red", "hat"))
        self.text_embedder = TextEmbedder(TextTower(BagOfWords(words, 3), LinearTextHead(3, 4), words))


@pytest.fixture
def make_loaded() -> Callable[..., LoadedIndex]:
    """make_loaded(seed) -> an index that is searched by its own images and by words."""

    def make(seed: int = 0, number: int = 30) -> LoadedIndex:
        embedding = np.random.default_rng(seed).standard_normal((number, 4)).astype(np.float32)
        columns: dict[str, Any] = {
            "image": [f"{row}.jpg" for row in range(number)],
            "split": ["val"] * number,
            "category": [("hat", "shoe", "shoe")[row % 3] for row in range(number)],
            "item": [f"item {row // 2}" for row in range(number)],
            "attributes": [{"colour": ["red", "blue"]} if row == 2 else {} for row in range(number)],
        }
        images = NO_IMAGES.with_more(Catalog.of(columns, Path()).frame, [b"jpeg"] * number)
        component = make_index("exact", {})
        component.build(embedding, "cosine")
        source = EmbeddingSource("r", "a/b", "best", "w", {}, 4, "cosine", "fp32")
        passport = Passport(source, "exact", {}, number, "", "", 1.0, 10, "0")
        index = SearchIndex(Path("x"), passport, images, embedding, component)
        return LoadedIndex(str(seed), index, WordEmbedder())  # type: ignore[arg-type]

    return make
